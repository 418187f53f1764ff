// The listening server.
#pragma once

#include "sandbox/certificates.hpp"
#include "sandbox/connection.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_set>
#include <vector>

namespace sipher::testing::detail {

/// Accepts connections on its own thread.
///
/// Thread safety: all members may be called from any thread.
class server {
public:
    /// Listens when the constructor returns, without TLS if there is no `identity`. `state` must outlive the server.
    /// @throws boost::system::system_error
    server(const sandbox_options& options, const std::optional<pem_pair>& identity, shared_state& state,
           std::chrono::milliseconds request_time = std::chrono::minutes{1});
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

    /// Closes all connections; `meanwhile` runs on the server's thread, before any other request is processed. Both are
    /// done when the call returns.
    void close_connections(const std::function<void()>& meanwhile);
    void close_idle_connections();

private:
    boost::asio::awaitable<void> accept(boost::asio::ip::tcp::acceptor& from);
    void start(boost::asio::ip::tcp::socket socket);
    void run_on_thread(const std::function<void()>& work);

    shared_state& state_;
    const sandbox_options options_;
    const std::chrono::milliseconds request_time_;
    std::optional<boost::asio::ssl::context> tls_;
    boost::asio::io_context context_{1};
    /// One for each address, all on the same port.
    std::vector<boost::asio::ip::tcp::acceptor> acceptors_;
    std::uint16_t port_ = 0;
    std::unordered_set<std::shared_ptr<connection>> connections_;
    std::thread thread_;
};

} // namespace sipher::testing::detail
