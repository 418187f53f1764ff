#include "sandbox/connection.hpp"

#include "sandbox/control.hpp"
#include "sandbox/random_text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/system/system_error.hpp>

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace sipher::testing::detail {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t read_size = std::size_t{16} * 1024;
constexpr std::uint32_t largest_header = 16 * 1024;
/// The service reads an oversized body to its end before refusing it; this bounds the sandbox's memory.
constexpr std::uint64_t longest_body = std::uint64_t{16} * 1024 * 1024;
/// Time limit for a peer to end its half of a connection after we have ended ours.
constexpr std::chrono::milliseconds linger_time{1000};

std::string_view text_of(const boost::beast::flat_buffer& buffer)
{
    return {static_cast<const char*>(buffer.cdata().data()), buffer.cdata().size()};
}

/// Input of another protocol is refused at once: each method begins with a capital letter.
bool may_become_a_header(std::string_view text)
{
    const bool plausible = text.empty() || (text.front() >= 'A' && text.front() <= 'Z');
    return plausible && text.size() < largest_header && text.find("\r\n\r\n") == std::string_view::npos;
}

bool has_folded_field(std::string_view text)
{
    const std::string_view header = text.substr(0, text.find("\r\n\r\n"));
    return header.find("\r\n ") != std::string_view::npos || header.find("\r\n\t") != std::string_view::npos;
}

/// Stricter than Beast wherever the service's HTTP server is.
bool is_acceptable(const http::request_header<>& head)
{
    const bool has_host = head.version() < 11 || head.count(http::field::host) == 1;
    return has_host && head.method() != http::verb::unknown;
}

} // namespace

connection::connection(asio::ip::tcp::socket socket, asio::ssl::context* tls, const sandbox_options& options,
                       std::chrono::milliseconds request_time, shared_state& state)
    : transport_(std::move(socket), tls), timer_(transport_.get_executor()), keep_alive_(options.keep_alive),
      idle_time_(keep_alive_ + (keep_alive_.count() == 0 ? keep_alive_ : options.keep_alive_buffer)),
      request_time_(request_time), control_(options.control), state_(state)
{
    error_code problem;
    transport_.socket().set_option(asio::ip::tcp::no_delay{true}, problem);
    const auto endpoint = transport_.socket().remote_endpoint(problem);
    // Local programs that use both addresses of `localhost` count as one client.
    peer_ = problem || endpoint.address().is_loopback() ? std::string{} : endpoint.address().to_string();
    ++state_.lock()->counters.connections;
    ++state_.lock()->counters.open_connections;
}

asio::awaitable<void> connection::run(std::shared_ptr<connection> self)
{
    bool more = co_await self->open();
    while (more) {
        more = co_await self->serve_one();
    }
}

asio::awaitable<bool> connection::open()
{
    auto& tls = transport_.tls();
    if (!tls) {
        co_return true;
    }
    error_code problem;
    start_timeout(request_time_);
    co_await tls->async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, problem));
    cancel_timeout();
    if (problem && !closed_) {
        ++state_.lock()->counters.handshake_failures;
    } else if (!problem && SSL_session_reused(tls->native_handle()) == 1) {
        ++state_.lock()->counters.handshakes_resumed;
    }
    co_return !problem && !closed_;
}

asio::awaitable<bool> connection::serve_one()
{
    request_parser parser;
    parser.header_limit(largest_header);
    parser.body_limit(longest_body);
    unsigned refusal = co_await read_whole_header();
    if (refusal == 0) {
        refusal = co_await read(parser);
    }
    cancel_timeout();
    if (refusal != 0) {
        delivery what = refuse(refusal);
        const bool more = co_await send(std::move(what));
        co_return more;
    }
    // The service has no handler for it, so its HTTP server closes.
    if (parser.get().method() == http::verb::connect) {
        co_return false;
    }
    used_ = true;
    request received = to_request(parser);
    const bool more = co_await respond(std::move(received));
    co_return more && !closed_;
}

/// Reads the whole header first, so that none of it is lost when Beast parses it.
asio::awaitable<unsigned> connection::read_whole_header()
{
    phase_ = buffer_.size() == 0 ? phase::idle : phase::busy;
    start_timeout(phase_ == phase::idle && used_ ? idle_time_ : request_time_);
    while (may_become_a_header(text_of(buffer_))) {
        const error_code problem = co_await read_some();
        if (problem) {
            co_return refusal_for(problem);
        }
        if (phase_ == phase::idle) {
            phase_ = phase::busy;
            start_timeout(request_time_);
        }
    }
    co_return has_folded_field(text_of(buffer_)) ? 400 : 0;
}

asio::awaitable<unsigned> connection::read(request_parser& parser)
{
    error_code problem;
    co_await http::async_read_header(transport_, buffer_, parser, asio::redirect_error(asio::use_awaitable, problem));
    if (!problem && !is_acceptable(parser.get())) {
        co_return 400;
    }
    if (!problem && boost::beast::iequals(parser.get()[http::field::expect], "100-continue") && !parser.is_done()) {
        constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await asio::async_write(transport_, asio::buffer(interim), asio::use_awaitable);
    }
    if (!problem) {
        const std::size_t before = buffer_.size();
        const std::size_t taken =
            co_await http::async_read(transport_, buffer_, parser, asio::redirect_error(asio::use_awaitable, problem));
        state_.lock()->counters.bytes_received += taken + buffer_.size() - before;
    }
    co_return problem ? refusal_for(problem) : 0;
}

/// @throws boost::system::system_error if no response should be sent
unsigned connection::refusal_for(const error_code& problem) const
{
    const bool unused_for_long = phase_ == phase::idle && used_;
    const bool gone = problem == http::error::end_of_stream || problem == http::error::partial_message;
    const bool is_http = problem.category() == make_error_code(http::error::bad_method).category();
    if (closed_ || unused_for_long || gone || !(timed_out_ || is_http)) {
        throw boost::system::system_error{problem};
    }
    return timed_out_                             ? 408
           : problem == http::error::header_limit ? 431
           : problem == http::error::body_limit   ? 413
                                                  : 400;
}

request connection::to_request(request_parser& parser) const
{
    request result;
    result.message = parser.release();
    result.id = result.message["X-Request-ID"];
    if (result.id.empty()) {
        result.id = random_uuid();
    }
    result.peer = peer_;
    return result;
}

asio::awaitable<bool> connection::respond(request received)
{
    if (control_ && is_control(received)) {
        delivery what = make_delivery(received, control(*state_.lock(), received), fault{}, keep_alive_);
        const bool more = co_await send(std::move(what));
        co_return more;
    }
    const request_ticket ticket = state_.lock()->accept(received);
    if (ticket.applied.wait.count() > 0) {
        error_code ignored;
        timer_.expires_after(ticket.applied.wait);
        co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    if (closed_) {
        co_return false;
    }
    std::optional<response> made;
    if (ticket.applied.act) {
        made = state_.lock()->perform(ticket, received);
    }
    delivery what = make_delivery(received, std::move(made), ticket.applied, keep_alive_);
    state_.lock()->complete(ticket, what.status);
    const bool more = co_await send(std::move(what));
    co_return more;
}

asio::awaitable<bool> connection::send(delivery what)
{
    phase_ = phase::sending;
    if (!what.bytes.empty()) {
        co_await asio::async_write(transport_, asio::buffer(what.bytes), asio::use_awaitable);
    }
    if (closed_) {
        co_return false;
    }
    phase_ = phase::busy;
    if (what.then == ending::keep) {
        co_return !close_after_sending_;
    }
    if (what.then == ending::reset) {
        close(true);
    } else if (what.then == ending::close) {
        // The peer has to end its own half first: unread bytes would cause an RST, and the written data would be lost.
        error_code ignored;
        transport_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
        start_timeout(linger_time);
    }
    co_await read_to_end();
    co_return false;
}

asio::awaitable<error_code> connection::read_some()
{
    error_code problem;
    const std::size_t size = co_await transport_.async_read_some(buffer_.prepare(read_size),
                                                                 asio::redirect_error(asio::use_awaitable, problem));
    buffer_.commit(size);
    state_.lock()->counters.bytes_received += size;
    co_return problem;
}

asio::awaitable<void> connection::read_to_end()
{
    error_code problem;
    while (!problem && !closed_) {
        buffer_.clear();
        problem = co_await read_some();
    }
}

void connection::start_timeout(std::chrono::milliseconds time)
{
    cancel_timeout();
    if (time.count() == 0) {
        return;
    }
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this()](const error_code& problem) {
        const std::shared_ptr<connection> self = weak.lock();
        const bool due = self && self->timer_.expiry() <= asio::steady_timer::clock_type::now();
        if (!problem && due) {
            self->timed_out_ = true;
            error_code ignored;
            self->transport_.socket().cancel(ignored);
        }
    });
}

void connection::cancel_timeout()
{
    timer_.expires_at(asio::steady_timer::time_point::max());
    timed_out_ = false;
}

void connection::close(bool reset) noexcept
{
    if (closed_) {
        return;
    }
    closed_ = true;
    error_code ignored;
    if (reset) {
        transport_.socket().set_option(asio::socket_base::linger{true, 0}, ignored);
    }
    transport_.socket().close(ignored);
    timer_.cancel();
    --state_.lock()->counters.open_connections;
}

void connection::close_if_idle() noexcept
{
    if (phase_ == phase::idle) {
        close();
    }
    close_after_sending_ = phase_ == phase::sending;
}

} // namespace sipher::testing::detail
