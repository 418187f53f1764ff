#pragma once

#include "net/dialer.hpp"
#include "net/name_lookup.hpp"
#include "support/scripted_stream.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sipher::test {

/// Name lookups that complete when the test says so.
class scripted_lookup final : public detail::name_lookup {
public:
    void look_up(const std::string& host, detail::address_family family, handler done) override
    {
        if (family == detail::address_family::v6) {
            questions.push_back(host);
        }
        waiting[family].push_back(std::move(done));
    }

    /// Completes all pending lookups, each family with its addresses.
    void respond(const std::vector<std::string>& addresses);
    void respond(detail::address_family family, const std::vector<std::string>& addresses);
    void fail(boost::system::error_code failure);
    void fail(detail::address_family family, boost::system::error_code failure);

    /// Each entry represents the lookups of both families.
    std::vector<std::string> questions;
    std::map<detail::address_family, std::vector<handler>> waiting;
};

/// Addresses that accept, refuse or are silent, as scripted.
class scripted_dialer final : public detail::dialer {
public:
    /// Lets a silent address, tried before, respond now.
    void respond(const std::string& address, boost::system::error_code failure = {});

    std::shared_ptr<void> dial(const boost::asio::ip::tcp::endpoint& to, const boost::asio::any_io_executor& strand,
                               handler done) override;

    /// By address; others are silent.
    std::map<std::string, boost::system::error_code> responses;
    /// Every address that was tried, in order.
    std::vector<std::string> tried;
    std::size_t open = 0;
    std::size_t most_open = 0;
    std::vector<std::shared_ptr<scripted_peer>> peers;

private:
    struct open_dial;

    void end(const std::weak_ptr<open_dial>& dial, boost::system::error_code failure);

    /// Of the silent addresses.
    std::map<std::string, std::weak_ptr<open_dial>> waiting_;
};

} // namespace sipher::test
