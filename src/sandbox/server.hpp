// Who listens.
#pragma once

#include "sandbox/certificates.hpp"
#include "sandbox/connection.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>

namespace sipher::testing::detail {

struct server_settings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    /// Nothing: plain http.
    std::optional<pem_pair> identity;
    timeouts times;
};

/// Accepts connections on a thread of its own.
///
/// Thread safety: all members may be called from any thread.
class server {
public:
    /// Listens when the constructor returns. `state` must outlive the server.
    /// @throws boost::system::system_error
    server(const server_settings& settings, shared_state& state);
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// Closes all connections; `meanwhile` runs on the server's thread, before any other request is looked at. Both
    /// are done when the call returns.
    void close_connections(const std::function<void()>& meanwhile);
    void close_idle_connections();

private:
    boost::asio::awaitable<void> accept();
    void start(boost::asio::ip::tcp::socket socket);
    void run_on_thread(const std::function<void()>& work);

    shared_state& state_;
    const timeouts times_;
    std::optional<boost::asio::ssl::context> tls_;
    boost::asio::io_context context_{1};
    boost::asio::ip::tcp::acceptor acceptor_;
    std::uint16_t port_ = 0;
    std::unordered_set<std::shared_ptr<connection>> connections_;
    std::thread thread_;
};

} // namespace sipher::testing::detail
