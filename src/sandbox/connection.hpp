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

/// All members must be called on the sandbox's own thread.
class connection : public std::enable_shared_from_this<connection> {
public:
    /// `request_time` limits, in real time, how long the first request may take to begin, and any request to complete.
    connection(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls, const sandbox_options& options,
               std::chrono::milliseconds request_time, shared_state& state);

    /// Serves successive requests until the connection ends; the caller has to call `close`.
    /// @throws boost::system::system_error when the client is gone
    static boost::asio::awaitable<void> run(std::shared_ptr<connection> self);

    /// Closes with a bare FIN, or with an RST, regardless of a request in progress.
    void close(bool reset = false) noexcept;
    /// Closes if no request is being received or processed; a connection whose response is being sent is closed after
    /// it, because the peer may have received all of it already.
    void close_if_idle() noexcept;

private:
    using request_parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
    enum class phase { idle, busy, sending };

    boost::asio::awaitable<bool> open();
    boost::asio::awaitable<bool> serve_one();
    /// These return the status to refuse the request with, or 0.
    boost::asio::awaitable<unsigned> read_whole_header();
    boost::asio::awaitable<unsigned> read(request_parser& parser);
    [[nodiscard]] unsigned refusal_for(const boost::system::error_code& problem) const;
    boost::asio::awaitable<bool> respond(request received);
    boost::asio::awaitable<bool> send(delivery what);
    boost::asio::awaitable<void> read_to_end();
    /// The bytes read stay in the buffer.
    boost::asio::awaitable<boost::system::error_code> read_some();

    /// Cancels the socket's current operations after this time, unless `cancel_timeout` is called first. Zero: never.
    void start_timeout(std::chrono::milliseconds time);
    void cancel_timeout();
    [[nodiscard]] request to_request(request_parser& parser) const;

    transport transport_;
    boost::asio::steady_timer timer_;
    const std::chrono::milliseconds keep_alive_;
    const std::chrono::milliseconds idle_time_;
    const std::chrono::milliseconds request_time_;
    const bool control_;
    shared_state& state_;
    /// Empty for this machine.
    std::string peer_;
    boost::beast::flat_buffer buffer_;
    phase phase_ = phase::busy;
    bool used_ = false;
    bool timed_out_ = false;
    bool close_after_sending_ = false;
    bool closed_ = false;
};

} // namespace sipher::testing::detail
