#include "support/scripted_network.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace sipher::test {

/// One address being tried; frees its slot on destruction.
struct scripted_dialer::open_dial {
    open_dial(std::size_t& count, boost::asio::any_io_executor runs_on, handler waiting)
        : open(count), strand(std::move(runs_on)), done(std::move(waiting))
    {
        ++open;
    }
    ~open_dial() { --open; }
    open_dial(const open_dial&) = delete;
    open_dial& operator=(const open_dial&) = delete;

    std::size_t& open;
    const boost::asio::any_io_executor strand;
    handler done;
};

void scripted_lookup::respond(const std::vector<std::string>& addresses)
{
    const auto is_v6 = [](const std::string& each) { return each.find(':') != std::string::npos; };
    std::vector<std::string> rest = addresses;
    const auto of_v4 = std::ranges::stable_partition(rest, is_v6);
    respond(detail::address_family::v6, {rest.begin(), of_v4.begin()});
    respond(detail::address_family::v4, {of_v4.begin(), of_v4.end()});
}

void scripted_lookup::respond(detail::address_family family, const std::vector<std::string>& addresses)
{
    detail::lookup_result result;
    for (const std::string& each : addresses) {
        result.addresses.push_back(boost::asio::ip::make_address(each));
    }
    if (addresses.empty()) {
        result.failure = boost::asio::error::no_data;
    }
    for (const auto& each : std::exchange(waiting[family], {})) {
        each(result);
    }
}

void scripted_lookup::fail(boost::system::error_code failure)
{
    fail(detail::address_family::v6, failure);
    fail(detail::address_family::v4, failure);
}

void scripted_lookup::fail(detail::address_family family, boost::system::error_code failure)
{
    detail::lookup_result result;
    result.failure = failure;
    for (const auto& each : std::exchange(waiting[family], {})) {
        each(result);
    }
}

void scripted_dialer::respond(const std::string& address, boost::system::error_code failure)
{
    end(waiting_.at(address), failure);
}

std::shared_ptr<void> scripted_dialer::dial(const boost::asio::ip::tcp::endpoint& to,
                                            const boost::asio::any_io_executor& strand, handler done)
{
    tried.push_back(to.address().to_string());
    const auto dial = std::make_shared<open_dial>(open, strand, std::move(done));
    most_open = std::max(most_open, open);
    if (const auto found = responses.find(tried.back()); found != responses.end()) {
        end(dial, found->second);
    } else {
        waiting_[tried.back()] = dial;
    }
    return dial;
}

void scripted_dialer::end(const std::weak_ptr<open_dial>& dial, boost::system::error_code failure)
{
    if (const auto ending = dial.lock()) {
        boost::asio::post(ending->strand, [this, failure, dial] {
            if (const auto waiting = dial.lock()) {
                if (!failure) {
                    peers.push_back(std::make_shared<scripted_peer>(waiting->strand));
                }
                waiting->done(failure, failure ? nullptr : peers.back()->make_stream());
            }
        });
    }
}

} // namespace sipher::test
