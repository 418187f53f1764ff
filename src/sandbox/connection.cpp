#include "sandbox/connection.hpp"

#include "sandbox/random_text.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/write.hpp>
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
/// The service reads what is too large to the end before it says so; this bounds what the sandbox holds.
constexpr std::uint64_t longest_body = std::uint64_t{16} * 1024 * 1024;
/// How long a peer may take to end its half of a connection that we have ended.
constexpr std::chrono::milliseconds linger_time{1000};

std::string_view text_of(const boost::beast::flat_buffer& buffer)
{
    return {static_cast<const char*>(buffer.cdata().data()), buffer.cdata().size()};
}

/// Nothing of another protocol is waited for: each method begins with a capital.
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

/// The status to refuse a request with that cannot be read; 0: the client is gone.
unsigned refusal_of(const error_code& problem)
{
    if (problem == http::error::header_limit) {
        return 431;
    }
    if (problem == http::error::body_limit) {
        return 413;
    }
    const bool gone = problem == http::error::end_of_stream || problem == http::error::partial_message;
    return !gone && problem.category() == make_error_code(http::error::bad_method).category() ? 400 : 0;
}

/// Stricter than Beast where the service's HTTP server is.
bool is_acceptable(const http::request_header<>& head)
{
    const bool has_host = head.version() < 11 || head.count(http::field::host) == 1;
    return has_host && head.method() != http::verb::unknown;
}

} // namespace

connection::connection(asio::ip::tcp::socket socket, asio::ssl::context* tls, const timeouts& times,
                       sandbox_state& state)
    : transport_(std::move(socket), tls), timer_(transport_.get_executor()), times_(times), state_(state)
{
    error_code problem;
    transport_.socket().set_option(asio::ip::tcp::no_delay{true}, problem);
    const auto endpoint = transport_.socket().remote_endpoint(problem);
    peer_ = problem ? std::string{} : endpoint.address().to_string();
    state_.add(&sandbox_counters::connections);
    state_.add(&sandbox_counters::open_connections);
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
    start_timeout(times_.request);
    co_await tls->async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, problem));
    cancel_timeout();
    if (problem && !closed_) {
        state_.add(&sandbox_counters::handshake_failures);
    } else if (!problem && SSL_session_reused(tls->native_handle()) == 1) {
        state_.add(&sandbox_counters::handshakes_resumed);
    }
    co_return !problem && !closed_;
}

asio::awaitable<bool> connection::serve_one()
{
    const bool begun = co_await read_whole_header();
    if (!begun) {
        co_return false;
    }
    request_parser parser;
    parser.header_limit(largest_header);
    parser.body_limit(longest_body);
    const unsigned refusal = co_await read(parser);
    cancel_timeout();
    if (refusal != 0) {
        co_await refuse(refusal);
        co_return false;
    }
    // Nobody listens for it, so the service's HTTP server closes.
    if (closed_ || parser.get().method() == http::verb::connect) {
        co_return false;
    }
    used_ = true;
    request received = to_request(parser);
    const bool more = co_await respond(std::move(received));
    co_return more && !closed_;
}

/// So that nothing of it is lost when Beast has read it. False: there will be no request.
asio::awaitable<bool> connection::read_whole_header()
{
    phase_ = buffer_.size() == 0 ? phase::idle : phase::receiving;
    const bool between_requests = phase_ == phase::idle && used_;
    const bool for_ever = between_requests && times_.keep_alive.count() == 0;
    const auto idle_time = for_ever ? times_.keep_alive : times_.keep_alive + times_.keep_alive_buffer;
    start_timeout(between_requests ? idle_time : times_.request);
    while (may_become_a_header(text_of(buffer_))) {
        const error_code problem = co_await read_some();
        if (problem) {
            const bool late = timed_out_ && !closed_ && !(phase_ == phase::idle && used_);
            cancel_timeout();
            if (late) {
                co_await refuse(408);
            }
            co_return false;
        }
        if (phase_ == phase::idle) {
            phase_ = phase::receiving;
            start_timeout(times_.request);
        }
    }
    co_return true;
}

/// 0 once the request is complete, else the status to refuse it with.
asio::awaitable<unsigned> connection::read(request_parser& parser)
{
    if (has_folded_field(text_of(buffer_))) {
        co_return 400;
    }
    error_code problem;
    co_await http::async_read_header(transport_, buffer_, parser, asio::redirect_error(asio::use_awaitable, problem));
    if (!problem && !is_acceptable(parser.get())) {
        co_return 400;
    }
    if (!problem && boost::beast::iequals(parser.get()[http::field::expect], "100-continue") && !parser.is_done()) {
        const http::response<http::empty_body> interim{http::status::continue_, 11};
        co_await http::async_write(transport_, interim, asio::use_awaitable);
    }
    if (!problem) {
        const std::size_t before = buffer_.size();
        const std::size_t taken =
            co_await http::async_read(transport_, buffer_, parser, asio::redirect_error(asio::use_awaitable, problem));
        state_.add(&sandbox_counters::bytes_received, taken + buffer_.size() - before);
    }
    if (!problem) {
        co_return 0;
    }
    const unsigned refusal = timed_out_ ? 408 : refusal_of(problem);
    if (closed_ || refusal == 0) {
        throw boost::system::system_error{problem};
    }
    co_return refusal;
}

asio::awaitable<void> connection::refuse(unsigned status)
{
    const std::string bytes = raw_refusal(status);
    co_await asio::async_write(transport_, asio::buffer(bytes), asio::use_awaitable);
    co_await close_gracefully();
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
    phase_ = phase::working;
    const request_ticket ticket = state_.accept(received);
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
        made = state_.perform(ticket, received);
    }
    delivery what = make_delivery(received, std::move(made), ticket.applied, times_.keep_alive);
    state_.responded(ticket, what.status);
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
    switch (what.then) {
    case ending::keep: co_return !close_after_sending_;
    case ending::close: co_await close_gracefully(); break;
    case ending::finish: break;
    case ending::reset: close(true); break;
    case ending::silence: co_await stay_silent(); break;
    }
    co_return false;
}

asio::awaitable<error_code> connection::read_some()
{
    error_code problem;
    const std::size_t size = co_await transport_.async_read_some(buffer_.prepare(read_size),
                                                                 asio::redirect_error(asio::use_awaitable, problem));
    buffer_.commit(size);
    state_.add(&sandbox_counters::bytes_received, size);
    co_return problem;
}

asio::awaitable<void> connection::stay_silent()
{
    phase_ = phase::working;
    error_code problem;
    while (!problem && !closed_) {
        problem = co_await read_some();
        buffer_.clear();
    }
}

/// Ends our half, then waits for the peer to end its own, so that what was written is not lost to an RST that bytes
/// still unread would cause.
asio::awaitable<void> connection::close_gracefully()
{
    error_code problem;
    start_timeout(linger_time);
    transport_.socket().shutdown(asio::socket_base::shutdown_send, problem);
    while (!problem) {
        buffer_.clear();
        co_await transport_.socket().async_read_some(buffer_.prepare(read_size),
                                                     asio::redirect_error(asio::use_awaitable, problem));
    }
    cancel_timeout();
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
    state_.add(&sandbox_counters::open_connections, -1);
}

void connection::close_if_idle() noexcept
{
    if (phase_ == phase::idle) {
        close();
    }
    close_after_sending_ = phase_ == phase::sending;
}

} // namespace sipher::testing::detail
