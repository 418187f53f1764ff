#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <random>
#include <thread>

namespace sipher::test {

/// Passes bytes on to a server on this machine, and breaks a part of its connections after a number of bytes that a
/// seed chooses: with a FIN or an RST, by falling silent, or by pausing.
class breaking_proxy {
public:
    breaking_proxy(std::uint16_t server, std::uint64_t seed);
    breaking_proxy(const breaking_proxy&) = delete;
    breaking_proxy& operator=(const breaking_proxy&) = delete;
    ~breaking_proxy();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// Ends all connections at once, as a server that is killed does.
    void break_all();
    /// No more faults.
    void behave() noexcept { behaves_ = true; }

    [[nodiscard]] std::uint64_t connections() const noexcept { return connections_; }
    [[nodiscard]] std::uint64_t broken() const noexcept { return broken_; }

private:
    class tunnel;
    enum class fault { none, finish, reset, silence, pause };
    struct plan {
        fault what = fault::none;
        /// Counted over both directions.
        std::size_t after = 0;
    };

    void accept();
    [[nodiscard]] plan make_plan();

    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    const std::uint16_t port_;
    const boost::asio::ip::tcp::endpoint server_;
    std::mt19937_64 random_;
    std::list<std::weak_ptr<tunnel>> tunnels_;
    std::atomic<bool> behaves_ = false;
    std::atomic<std::uint64_t> connections_ = 0;
    std::atomic<std::uint64_t> broken_ = 0;
    std::thread thread_;
};

} // namespace sipher::test
