#include "connection/network_connect.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// How long IPv4 addresses wait for IPv6 ones that are still being asked for (RFC 8305, section 3).
constexpr std::chrono::milliseconds resolution_delay{50};

} // namespace

void network_connect::resolve()
{
    if (finished_) {
        return;
    }
    set_deadline(settings_->timeouts.connect);
    const std::string& host = settings_->proxy ? settings_->proxy->host : settings_->url.host;
    error_code not_an_address;
    const auto address = asio::ip::make_address(host, not_an_address);
    if (!not_an_address) {
        start_race({address});
        return;
    }
    // Not kept alive by the question: whoever gives up on this connection gives up on its name, too.
    const std::weak_ptr<timer_target> weak = shared_from_this();
    question_ = settings_->names->resolve(host, [weak, strand = strand_](const lookup_result& found) {
        asio::post(strand, [weak, found] {
            if (const auto waiting = std::static_pointer_cast<network_connect>(weak.lock())) {
                waiting->on_resolved(found);
            }
        });
    });
}

void network_connect::on_resolved(const lookup_result& found)
{
    if (finished_ || !question_) {
        return;
    }
    if (found.complete) {
        question_.reset();
    }
    if (race_) {
        race_->add(found.addresses);
        race_on();
    } else if (found.failure) {
        const std::string& host = settings_->proxy ? settings_->proxy->name : settings_->url.host;
        result_.permanent = found.is_absent();
        give_up(errc::resolve_failed, "cannot resolve " + host + ": " + found.failure.message());
    } else if (found.complete || found.addresses.front().is_v6()) {
        start_race(found.addresses);
    } else {
        early_ = found.addresses;
        settings_->timers->arm(*this, std::min(deadline_, now() + resolution_delay));
    }
}

void network_connect::start_race(const std::vector<asio::ip::address>& addresses)
{
    result_.reached = phase::connecting;
    race_.emplace(addresses, settings_->proxy ? settings_->proxy->port : settings_->url.port, now());
    race_on();
}

void network_connect::race_on()
{
    for (address_race::step step = race_->next(now()); step.begin; step = race_->next(now())) {
        if (step.abandon) {
            dials_.erase(*step.abandon);
        }
        try {
            dial(*step.begin);
        } catch (const boost::system::system_error& problem) {
            // Not even a socket, as where the process has no descriptors left.
            race_->failed(*step.begin, problem.code(), now());
        }
    }
    if (race_->is_lost() && !question_) {
        lose();
    } else {
        settings_->timers->arm(*this, std::min(deadline_, race_->next_step()));
    }
}

void network_connect::dial(std::size_t index)
{
    dials_[index] =
        settings_->sockets->dial(race_->at(index), strand_,
                                 [weak = std::weak_ptr<timer_target>{shared_from_this()},
                                  index](const error_code& failure, std::unique_ptr<byte_stream> stream) {
                                     if (const auto waiting = std::static_pointer_cast<network_connect>(weak.lock())) {
                                         waiting->on_dialed(index, failure, std::move(stream));
                                     }
                                 });
}

void network_connect::lose()
{
    settings_->names->forget(settings_->proxy ? settings_->proxy->host : settings_->url.host);
    give_up(errc::connect_failed, race_->problems());
}

void network_connect::on_dialed(std::size_t index, error_code failure, std::unique_ptr<byte_stream> stream)
{
    if (finished_ || stream_) {
        return;
    }
    address_ = to_text(race_->at(index));
    dials_.erase(index);
    if (failure) {
        race_->failed(index, failure, now());
        race_on();
        return;
    }
    dials_.clear();
    question_.reset();
    stream_ = std::move(stream);
    result_.round_trip = now() - race_->began(index);
    if (settings_->proxy) {
        set_deadline(settings_->proxy_timeout);
        tunnel_.emplace(*stream_, *settings_->proxy, settings_->url, settings_->limits);
        pass_proxy();
    } else {
        begin_handshake();
    }
}

} // namespace sipher::detail
