#include "sandbox/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <utility>

namespace sipher::testing::detail {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t read_size = 16 * 1024;
/// How long a peer may take to end its half of a connection that we have ended.
constexpr std::chrono::milliseconds linger_time{1000};

} // namespace

connection::connection(asio::ip::tcp::socket socket, asio::ssl::context* tls, const patience& times, books& shared)
    : channel_(std::move(socket), tls), timer_(channel_.executor()), times_(times), books_(shared),
      peer_(channel_.peer())
{
    books_.connection_opened();
}

asio::awaitable<void> connection::run(std::shared_ptr<connection> self)
{
    bool more = co_await self->open();
    while (more) {
        more = co_await self->serve_one();
    }
    self->end(false);
}

asio::awaitable<bool> connection::open()
{
    guard(times_.request);
    const error_code problem = co_await channel_.handshake();
    stand_down();
    if (problem) {
        if (!closed_) {
            books_.handshake_failed();
        }
        co_return false;
    }
    books_.handshake_done(channel_.resumed());
    co_return !closed_;
}

asio::awaitable<bool> connection::serve_one()
{
    request_reader reader;
    const arrival how = co_await receive(reader);
    if (how != arrival::complete) {
        co_await decline(how);
        co_return false;
    }
    used_ = true;
    const bool more = co_await answer(reader.take());
    co_return more && !closed_;
}

asio::awaitable<connection::arrival> connection::receive(request_reader& reader)
{
    phase_ = buffer_.size() == 0 ? phase::idle : phase::receiving;
    while (true) {
        asio::const_buffer bytes = buffer_.cdata();
        const std::size_t before = bytes.size();
        const reading state = reader.feed(bytes);
        buffer_.consume(before - bytes.size());
        switch (state) {
        case reading::complete: co_return arrival::complete;
        case reading::malformed: co_return arrival::malformed;
        case reading::header_too_large: co_return arrival::header_too_large;
        case reading::body_too_large: co_return arrival::body_too_large;
        case reading::incomplete: break;
        }
        if (reader.wants_to_be_told_to_continue()) {
            constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
            co_await channel_.write(asio::buffer(interim));
        }
        const arrival more = co_await read_more();
        if (more != arrival::complete) {
            co_return more;
        }
    }
}

asio::awaitable<connection::arrival> connection::read_more()
{
    const bool between_requests = phase_ == phase::idle && used_;
    guard(between_requests ? times_.keep_alive : times_.request);
    error_code problem;
    const std::size_t size = co_await channel_.read_some(buffer_.prepare(read_size), problem);
    const bool timed_out = timed_out_;
    stand_down();
    if (!problem) {
        phase_ = phase::receiving;
        buffer_.commit(size);
        books_.received(size);
        co_return arrival::complete;
    }
    if (closed_ || !timed_out) {
        co_return arrival::gone;
    }
    co_return between_requests ? arrival::idle_too_long : arrival::too_late;
}

asio::awaitable<void> connection::decline(arrival why)
{
    unsigned status = 0;
    switch (why) {
    case arrival::too_late: status = 408; break;
    case arrival::malformed: status = 400; break;
    case arrival::header_too_large: status = 431; break;
    case arrival::body_too_large: status = 413; break;
    default: co_return;
    }
    const std::string bytes = raw_refusal(status);
    const error_code problem = co_await channel_.write(asio::buffer(bytes));
    if (!problem && !closed_) {
        co_await end_in_peace();
    }
}

asio::awaitable<bool> connection::answer(request complete)
{
    phase_ = phase::working;
    complete.peer = peer_;
    const ticket entry = books_.accept(complete);
    if (entry.mishap && entry.mishap->wait.count() > 0) {
        co_await pause(entry.mishap->wait);
    }
    if (closed_) {
        co_return false;
    }
    std::optional<response> made;
    if (!entry.mishap || entry.mishap->act) {
        made = books_.perform(entry, complete);
    }
    const delivery what = make_delivery(complete, std::move(made), entry.mishap, times_.keep_alive);
    books_.answered(entry, what.status);
    const bool more = co_await send(what);
    co_return more;
}

asio::awaitable<bool> connection::send(const delivery& what)
{
    phase_ = phase::sending;
    error_code problem;
    if (!what.bytes.empty()) {
        problem = co_await channel_.write(asio::buffer(what.bytes));
    }
    if (problem || closed_) {
        co_return false;
    }
    switch (what.then) {
    case ending::keep: co_return !close_after_sending_;
    case ending::close: co_await end_in_peace(); break;
    case ending::finish: break;
    case ending::reset: end(true); break;
    case ending::silence: co_await stay_silent(); break;
    }
    co_return false;
}

asio::awaitable<void> connection::pause(std::chrono::milliseconds time)
{
    error_code ignored;
    timer_.expires_after(time);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> connection::stay_silent()
{
    phase_ = phase::working;
    error_code problem;
    while (!problem && !closed_) {
        const std::size_t size = co_await channel_.read_some(buffer_.prepare(read_size), problem);
        books_.received(size);
    }
}

asio::awaitable<void> connection::end_in_peace()
{
    guard(linger_time);
    co_await channel_.linger();
    stand_down();
}

void connection::guard(std::chrono::milliseconds time)
{
    timed_out_ = false;
    if (time.count() == 0) {
        return;
    }
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this()](const error_code& problem) {
        const std::shared_ptr<connection> self = weak.lock();
        const bool due = self && self->timer_.expiry() <= asio::steady_timer::clock_type::now();
        if (!problem && due) {
            self->timed_out_ = true;
            self->channel_.cancel();
        }
    });
}

void connection::stand_down() noexcept
{
    timer_.expires_at(asio::steady_timer::time_point::max());
    timed_out_ = false;
}

void connection::end(bool reset) noexcept
{
    if (closed_) {
        return;
    }
    closed_ = true;
    if (reset) {
        channel_.reset();
    } else {
        channel_.close();
    }
    timer_.cancel();
    books_.connection_closed();
}

void connection::close() noexcept
{
    end(false);
}

void connection::close_if_idle() noexcept
{
    if (phase_ == phase::idle) {
        end(false);
    }
    close_after_sending_ = phase_ == phase::sending;
}

} // namespace sipher::testing::detail
