// One client's connection.
#pragma once

#include "sandbox/delivery.hpp"
#include "sandbox/sandbox_state.hpp"
#include "sandbox/transport.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace sipher::testing::detail {

/// How long the HTTP server waits; real time.
struct timeouts {
    /// Announced for an idle connection. Zero: it may stay for ever.
    std::chrono::milliseconds keep_alive{5000};
    /// How much longer than announced it stays.
    std::chrono::milliseconds keep_alive_buffer{1000};
    /// For the first request to begin, and for any request to become complete.
    std::chrono::milliseconds request{60'000};
};

/// All members are for the sandbox's own thread.
class connection : public std::enable_shared_from_this<connection> {
public:
    connection(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls, const timeouts& times,
               shared_state& state);

    /// Serves one request after another until the connection ends; `close` is for the caller.
    /// @throws boost::system::system_error when the client is gone
    static boost::asio::awaitable<void> run(std::shared_ptr<connection> self);

    /// With a bare FIN, or with an RST, whatever is under way.
    void close(bool reset = false) noexcept;
    /// Closes if no request is being received or worked on; a connection whose response is on its way out is closed
    /// after it, because the peer may have seen all of it already.
    void close_if_idle() noexcept;

private:
    using request_parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    enum class phase { opening, idle, receiving, working, sending };

    boost::asio::awaitable<bool> open();
    boost::asio::awaitable<bool> serve_one();
    /// These give the status to refuse the request with, or 0.
    boost::asio::awaitable<unsigned> read_whole_header();
    boost::asio::awaitable<unsigned> read(request_parser& parser);
    [[nodiscard]] unsigned refusal_for(const boost::system::error_code& problem) const;
    boost::asio::awaitable<void> refuse(unsigned status);
    boost::asio::awaitable<bool> respond(request received);
    boost::asio::awaitable<bool> send(delivery what);
    boost::asio::awaitable<void> stay_silent();
    boost::asio::awaitable<void> close_gracefully();
    /// What was read stays in the buffer.
    boost::asio::awaitable<boost::system::error_code> read_some();

    /// Cancels what is under way on the socket after this time, unless `cancel_timeout` comes first. Zero: never.
    void start_timeout(std::chrono::milliseconds time);
    void cancel_timeout();
    [[nodiscard]] request to_request(request_parser& parser) const;

    transport transport_;
    boost::asio::steady_timer timer_;
    const timeouts times_;
    shared_state& state_;
    std::string peer_;
    boost::beast::flat_buffer buffer_;
    phase phase_ = phase::opening;
    bool used_ = false;
    bool timed_out_ = false;
    bool close_after_sending_ = false;
    bool closed_ = false;
};

} // namespace sipher::testing::detail
