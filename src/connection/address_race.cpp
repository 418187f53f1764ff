#include "connection/address_race.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <utility>

namespace sipher::detail {

namespace {

using namespace std::chrono_literals;
using boost::asio::ip::address;

constexpr std::size_t most_at_a_time = 6;
constexpr auto head_start = 250ms;
constexpr auto least_time = 1s;

/// The first family first, then the other, in turn.
std::vector<address> alternate(std::vector<address> addresses, bool first_is_v6)
{
    const auto others = std::ranges::stable_partition(
        addresses, [first_is_v6](const address& each) { return each.is_v6() == first_is_v6; });
    std::vector<address> result;
    auto first = addresses.begin();
    auto second = others.begin();
    while (first != others.begin() || second != addresses.end()) {
        if (first != others.begin()) {
            result.push_back(*first++);
        }
        if (second != addresses.end()) {
            result.push_back(*second++);
        }
    }
    return result;
}

} // namespace

std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint)
{
    std::ostringstream os;
    os << endpoint;
    return std::move(os).str();
}

address_race::address_race(const std::vector<address>& addresses, std::uint16_t port, clock::time_point now)
    : port_(port), next_begin_(now)
{
    add(addresses);
}

void address_race::add(const std::vector<address>& more)
{
    std::vector<address> rest;
    for (std::size_t i = waiting_; i < tries_.size(); ++i) {
        rest.push_back(tries_[i].to.address());
    }
    for (const address& each : more) {
        if (std::ranges::none_of(tries_, [&each](const one_try& known) { return known.to.address() == each; })) {
            rest.push_back(each);
        }
    }
    if (rest.empty()) {
        return;
    }
    tries_.resize(waiting_);
    const bool first_is_v6 = tries_.empty() ? rest.front().is_v6() : !tries_.back().to.address().is_v6();
    for (const address& each : alternate(std::move(rest), first_is_v6)) {
        tries_.emplace_back().to = endpoint{each, port_};
    }
}

std::size_t address_race::oldest_open() const noexcept
{
    std::size_t index = 0;
    while (tries_[index].is != state::open) {
        ++index;
    }
    return index;
}

address_race::step address_race::next(clock::time_point now)
{
    step result;
    if (waiting_ == tries_.size() || now < next_step()) {
        return result;
    }
    if (open_ == most_at_a_time) {
        result.abandon = oldest_open();
        failed(*result.abandon, boost::asio::error::timed_out, now);
    }
    result.begin = waiting_;
    one_try& begun = tries_[waiting_++];
    begun.is = state::open;
    begun.began = now;
    ++open_;
    next_begin_ = now + head_start;
    return result;
}

clock::time_point address_race::next_step() const noexcept
{
    if (waiting_ == tries_.size()) {
        return clock::time_point::max();
    }
    return open_ < most_at_a_time ? next_begin_ : std::max(next_begin_, tries_[oldest_open()].began + least_time);
}

void address_race::failed(std::size_t index, boost::system::error_code why, clock::time_point now)
{
    tries_[index].is = state::failed;
    tries_[index].why = why;
    --open_;
    next_begin_ = now;
}

std::string address_race::problems() const
{
    std::string text;
    for (const one_try& each : tries_) {
        if (each.is == state::waiting) {
            continue;
        }
        const bool silent = each.is == state::open || each.why == boost::asio::error::timed_out;
        text += (text.empty() ? "" : "; ") + to_text(each.to) + ": " +
                (silent ? std::string{"no answer in time"} : each.why.message());
    }
    return text;
}

} // namespace sipher::detail
