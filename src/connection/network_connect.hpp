#pragma once

#include "connection/address_race.hpp"
#include "connection/network_connector.hpp"
#include "connection/proxy_tunnel.hpp"

#include <boost/asio/strand.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sipher::detail {

/// One connection in the making. Everything but `on_timer` runs on its strand; whoever asked for it keeps it alive
/// until it is done.
class network_connect final : public pending_connect, public readiness_listener, public timer_target {
public:
    network_connect(std::shared_ptr<const server_settings> settings, std::function<void(connect_result)> done);
    ~network_connect() override;

    void start();
    void cancel() override;
    void on_timer() override;
    void on_readable(boost::system::error_code failure) override;
    void on_writable(boost::system::error_code failure) override { on_readable(failure); }

private:
    std::shared_ptr<network_connect> self() { return std::static_pointer_cast<network_connect>(shared_from_this()); }
    [[nodiscard]] clock::time_point now() const { return settings_->timers->time().now(); }

    void resolve();
    void on_resolved(const lookup_result& found);
    void start_race(const std::vector<boost::asio::ip::address>& addresses);
    void race_on();
    void dial(std::size_t index);
    void lose();
    void on_dialed(std::size_t index, boost::system::error_code failure, std::unique_ptr<byte_stream> stream);
    void on_stream_ready();
    void pass_proxy();
    void begin_handshake();
    void shake_hands();
    void wait_for(const channel_result& step, byte_stream& stream);
    void time_is_up();
    void succeed();
    void give_up(boost::system::error_code code, std::string problem);
    void finish();
    void tell_observer() const;
    void set_deadline(std::chrono::milliseconds timeout);

    const std::shared_ptr<const server_settings> settings_;
    const boost::asio::strand<boost::asio::any_io_executor> strand_;
    std::function<void(connect_result)> done_;
    const clock::time_point started_;
    /// Of the phase under way.
    clock::time_point deadline_ = clock::time_point::max();

    std::shared_ptr<name_cache::listener> question_;
    /// Known already, while the preferred family is still being asked for.
    std::vector<boost::asio::ip::address> early_;
    std::optional<address_race> race_;
    std::map<std::size_t, std::shared_ptr<void>> dials_;
    std::unique_ptr<byte_stream> stream_;
    std::optional<proxy_tunnel> tunnel_;
    std::unique_ptr<channel> channel_;

    std::string address_;
    std::string tls_version_;
    connect_result result_;
    bool finished_ = false;
};

} // namespace sipher::detail
