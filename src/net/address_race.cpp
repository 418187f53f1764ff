#include "net/address_race.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <sstream>
#include <utility>

namespace sipher::detail {

namespace {

using namespace std::chrono_literals;
using boost::asio::ip::address;

constexpr std::size_t most_at_a_time = 6;
constexpr auto head_start = 250ms;
constexpr auto least_time = 1s;
/// RFC 8305, section 3.
constexpr auto resolution_delay = 50ms;

/// Alternates between the families, beginning with IPv6 if `first_is_v6`.
std::vector<address> alternate(const std::vector<address>& addresses, bool first_is_v6)
{
    std::array<std::vector<address>, 2> families;
    for (const address& each : addresses) {
        families[each.is_v6() == first_is_v6 ? 0 : 1].push_back(each);
    }
    std::vector<address> result;
    for (std::size_t i = 0; result.size() < addresses.size(); ++i) {
        for (const auto& family : families) {
            if (i < family.size()) {
                result.push_back(family[i]);
            }
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

void address_race::add(const std::vector<address>& known, bool complete, clock::time_point now)
{
    const bool first_time = tries_.empty();
    complete_ = complete;
    tries_.resize(waiting_);
    std::vector<address> rest;
    std::ranges::copy_if(known, std::back_inserter(rest), [this](const address& each) {
        return std::ranges::none_of(tries_, [&each](const one_try& tried) { return tried.to.address() == each; });
    });
    if (rest.empty()) {
        return;
    }
    const bool first_is_v6 = tries_.empty() ? rest.front().is_v6() : !tries_.back().to.address().is_v6();
    if (tries_.empty() && (first_is_v6 || complete)) {
        next_begin_ = now;
    } else if (first_time) {
        next_begin_ = now + resolution_delay;
    }
    for (const address& each : alternate(rest, first_is_v6)) {
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
        const bool in_vain = all_failed() && !complete_ && !tries_.empty();
        return in_vain ? next_begin_ + resolution_delay : clock::time_point::max();
    }
    return open_ < most_at_a_time ? next_begin_ : std::max(next_begin_, tries_[oldest_open()].began + least_time);
}

bool address_race::is_lost(clock::time_point now) const noexcept
{
    return all_failed() && (complete_ || now >= next_step());
}

void address_race::failed(std::size_t index, boost::system::error_code why, clock::time_point now)
{
    tries_[index].is = state::failed;
    tries_[index].why = why;
    --open_;
    next_begin_ = now;
}

bool address_race::is_refused() const noexcept
{
    return std::ranges::any_of(tries_,
                               [](const one_try& each) { return each.why == boost::asio::error::connection_refused; });
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
                (silent ? std::string{"no response in time"} : each.why.message());
    }
    return text;
}

} // namespace sipher::detail
