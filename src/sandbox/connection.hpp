#pragma once

#include "sandbox/books.hpp"
#include "sandbox/channel.hpp"
#include "sandbox/delivery.hpp"
#include "sandbox/request_reader.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace sipher::testing::detail {

/// How patient the HTTP server is; real time.
struct patience {
    /// Between two requests. Zero: for ever.
    std::chrono::milliseconds keep_alive{5000};
    /// For the first request to begin, and for any request to become complete.
    std::chrono::milliseconds request{60'000};
};

/// One client's connection. All members are for the sandbox's own thread.
class connection : public std::enable_shared_from_this<connection> {
public:
    connection(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls, const patience& times,
               books& shared);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    /// Serves one request after another until the connection ends.
    static boost::asio::awaitable<void> run(std::shared_ptr<connection> self);

    /// With a bare FIN, whatever is under way.
    void close() noexcept;
    /// Closes if no request is being received or worked on; a connection whose answer is on its way out is closed
    /// after it, because the peer may have seen all of it already.
    void close_if_idle() noexcept;

private:
    enum class phase { opening, idle, receiving, working, sending };
    /// How waiting for a request came to its end.
    enum class arrival { complete, gone, idle_too_long, too_late, malformed, header_too_large, body_too_large };

    boost::asio::awaitable<bool> open();
    boost::asio::awaitable<bool> serve_one();
    boost::asio::awaitable<arrival> receive(request_reader& reader);
    boost::asio::awaitable<arrival> read_more();
    boost::asio::awaitable<void> decline(arrival why);
    boost::asio::awaitable<bool> answer(request complete);
    boost::asio::awaitable<bool> send(const delivery& what);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds time);
    boost::asio::awaitable<void> stay_silent();
    boost::asio::awaitable<void> end_in_peace();

    /// Cancels what is under way on the channel after this time, unless `stand_down` comes first. Zero: never.
    void guard(std::chrono::milliseconds time);
    void stand_down() noexcept;
    void end(bool reset) noexcept;

    channel channel_;
    boost::asio::steady_timer timer_;
    const patience times_;
    books& books_;
    const std::string peer_;
    boost::beast::flat_buffer buffer_;
    phase phase_ = phase::opening;
    bool used_ = false;
    bool timed_out_ = false;
    bool close_after_sending_ = false;
    bool closed_ = false;
};

} // namespace sipher::testing::detail
