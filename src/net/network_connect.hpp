#pragma once

#include "net/address_race.hpp"
#include "net/dial_task.hpp"
#include "net/network_connector.hpp"
#include "proxy/proxy_handshake.hpp"

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sipher::detail {

/// One dial. Its caller keeps it alive until it is done.
class network_connect final : public pending_connect, public dial_task {
public:
    network_connect(std::shared_ptr<const server_settings> settings, std::function<void(connect_result)> done);

    void start();
    void cancel() override;
    [[nodiscard]] phase reached() const noexcept override;

private:
    enum class stage { resolving, connecting, proxy, tls_handshake, done };

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<std::string> resolve_target();
    boost::asio::awaitable<void> connect();
    boost::asio::awaitable<void> pass_proxy(std::string target);
    boost::asio::awaitable<void> shake_hands(tls_context* tls);

    std::weak_ptr<network_connect> weak() { return std::static_pointer_cast<network_connect>(shared_from_this()); }
    /// The server to connect to: the proxy, if there is one.
    [[nodiscard]] const base_url& first_hop() const { return settings_->proxy ? settings_->proxy->at : settings_->url; }

    void enter(stage next, std::chrono::milliseconds timeout);
    void ask(const base_url& host);
    void on_found(const base_url& host, const lookup_result& found);
    void begin_dials();
    void on_dialed(std::size_t index, boost::system::error_code failure, std::unique_ptr<byte_stream> stream);
    [[nodiscard]] connect_failure unreachable(const std::string& why) const;
    [[nodiscard]] connect_failure out_of_time() const override;
    /// `host`, or the proxy, and the option that it comes from, human-readable.
    [[nodiscard]] std::string name_of(const base_url& host) const;
    void fail(connect_failure failure) override;
    void finish();

    const std::shared_ptr<const server_settings> settings_;
    std::function<void(connect_result)> done_;
    const clock::time_point started_;
    connect_result result_;

    std::atomic<stage> stage_ = stage::resolving;
    /// The host being looked up.
    const base_url* asked_ = nullptr;
    std::shared_ptr<name_cache::listener> lookup_;
    lookup_result found_;
    std::optional<address_race> race_;
    std::map<std::size_t, std::shared_ptr<void>> dials_;
    std::string address_;
    const char* tls_version_ = "";
    std::unique_ptr<byte_stream> stream_;
    std::unique_ptr<channel> channel_;
    std::unique_ptr<proxy_handshake> handshake_;
};

} // namespace sipher::detail
