#include "http1/connection.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
using boost::system::error_code;

connection::connection(asio::any_io_executor executor, std::unique_ptr<channel> open_channel, std::string address,
                       std::shared_ptr<parser_pool> parsers, std::shared_ptr<timer_queue> timers)
    : executor_(std::move(executor)), address_(std::move(address)), timers_(std::move(timers)),
      channel_(std::move(open_channel)), is_open_(channel_ != nullptr), exchange_(std::move(parsers))
{
}

connection::~connection()
{
    timers_->disarm(*this);
    close_channel(false);
}

void connection::open(std::weak_ptr<connection_owner> owner)
{
    const std::lock_guard lock{mutex_};
    owner_ = std::move(owner);
    if (channel_) {
        arm_read();
    }
}

void connection::start_exchange(const request_view& request, const exchange_parameters& parameters,
                                exchange_completion done)
{
    ended_exchange ended;
    {
        const std::lock_guard lock{mutex_};
        ++exchange_number_;
        done_ = std::move(done);
        parameters_ = parameters;
        write_deadline_ = clock::time_point::max();
        unless_out_of_memory([&] { begin(request, parameters); });
        ended = finish();
    }
    // Otherwise the exchange may have ended on another thread by now, and `this` may be destroyed.
    if (ended.done) {
        complete(std::move(ended), false);
    }
}

void connection::begin(const request_view& request, const exchange_parameters& parameters)
{
    exchange_.start(request, parameters.keep_fields, channel_ ? channel_->bytes_on_wire() : 0);
    // What arrived before the request is not a response to it, even if it has not been read yet.
    if (channel_ && parameters.looks_first && channel_->stream().has_input()) {
        static_cast<void>(is_quiet());
    }
    if (channel_) {
        connect_cancellation();
        timers_->arm(*this, parameters_.deadline);
        write_request();
    } else if (!refusal_.empty()) {
        exchange_.fail_handshake(refusal_);
    } else if (idle_end_ == idle_end::unsolicited) {
        exchange_.fail(errc::desynchronized);
    } else {
        exchange_.fail(errc::write_failed, "the connection had already ended");
    }
}

void connection::write_request()
{
    const std::size_t written_before = exchange_.report().bytes_written;
    const io_interest wants = exchange_.write(*channel_);
    if (exchange_.report().fully_written) {
        if (std::exchange(write_deadline_, clock::time_point::max()) != clock::time_point::max()) {
            timers_->arm(*this, parameters_.deadline);
        }
    } else if (wants == io_interest::writable) {
        write_armed_ = true;
        channel_->stream().wait_writable(self());
        if (exchange_.report().bytes_written != written_before || write_deadline_ == clock::time_point::max()) {
            expect_progress();
        }
    }
}

/// Only if the kernel accepts less than the whole request, so that the usual case needs no timer.
void connection::expect_progress()
{
    if (parameters_.write_timeout.count() != 0) {
        write_deadline_ = timers_->time().now() + parameters_.write_timeout;
        timers_->arm(*this, std::min(parameters_.deadline, write_deadline_));
    }
}

connection::ended_exchange connection::finish()
{
    if (!exchange_.has_ended()) {
        return {};
    }
    timers_->disarm(*this);
    ended_exchange ended;
    ended.done = std::move(done_);
    if (exchange_.leaves() != http_exchange::disposition::keep) {
        close_channel(exchange_.leaves() == http_exchange::disposition::abort);
    } else if (channel_ && channel_->has_buffered()) {
        if (!watch_idle()) {
            exchange_.forbid_reuse();
        }
    } else if (channel_) {
        arm_read();
    }
    ended.result = result();
    return ended;
}

void connection::complete(ended_exchange ended, bool may_be_inline)
{
    if (!ended.done) {
        return;
    }
    if (may_be_inline) {
        std::move(ended.done).dispatch(ended.result);
    } else {
        std::move(ended.done).post(ended.result);
    }
}

void connection::connect_cancellation()
{
    if (auto slot = done_.slot(); slot.is_connected()) {
        slot.assign(
            [weak = std::weak_ptr<connection>{self()}, number = exchange_number_](asio::cancellation_type type) {
                if (const auto target = weak.lock()) {
                    target->cancel(type, number);
                }
            });
    }
}

void connection::cancel(asio::cancellation_type type, std::uint64_t exchange_number)
{
    ended_exchange ended;
    {
        const std::lock_guard lock{mutex_};
        constexpr auto always = asio::cancellation_type::terminal | asio::cancellation_type::partial;
        const bool allowed = (type & always) != asio::cancellation_type::none || exchange_.report().bytes_written == 0;
        if (!done_ || exchange_number != exchange_number_ || !allowed) {
            return;
        }
        exchange_.fail(asio::error::operation_aborted);
        ended = finish();
    }
    complete(std::move(ended), false);
}

void connection::close(error_code reason, bool abort) noexcept
{
    ended_exchange ended;
    {
        const std::lock_guard lock{mutex_};
        owner_.reset();
        if (done_) {
            exchange_.fail(reason);
            ended = finish();
        } else {
            close_channel(abort);
        }
    }
    try {
        complete(std::move(ended), false);
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
        // Asio lacked the memory to resume the coroutine, and has destroyed it.
    }
}

void connection::forget_response() noexcept
{
    const std::lock_guard lock{mutex_};
    exchange_.forget_response();
}

void connection::release_idle_buffers() noexcept
{
    const std::lock_guard lock{mutex_};
    if (channel_ && !done_) {
        channel_->release_buffers();
        exchange_.release_idle_buffers();
    }
}

void connection::on_readable(error_code)
{
    // Any failure is reported by the next read.
    ended_exchange ended;
    std::shared_ptr<connection_owner> owner;
    idle_end how = idle_end::closed;
    {
        const std::lock_guard lock{mutex_};
        read_armed_ = false;
        if (!channel_) {
            return;
        }
        if (!done_) {
            if (!watch_idle()) {
                owner = owner_.lock();
                how = idle_end_;
            }
        } else {
            unless_out_of_memory([this] {
                exchange_.read(*channel_);
                if (!exchange_.has_ended() && !exchange_.report().fully_written && !write_armed_) {
                    write_request();
                }
            });
            ended = finish();
            if (!ended.done) {
                arm_read();
            }
            if (!ended.done && !channel_) {
                exchange_.fail(make_error_code(boost::system::errc::not_enough_memory));
                ended = finish();
            }
        }
    }
    complete(std::move(ended), true);
    if (owner) {
        owner->on_connection_closed(*this, how);
    }
}

void connection::on_writable(error_code)
{
    ended_exchange ended;
    {
        const std::lock_guard lock{mutex_};
        write_armed_ = false;
        if (!channel_ || !done_ || exchange_.report().fully_written) {
            return;
        }
        unless_out_of_memory([this] { write_request(); });
        ended = finish();
    }
    complete(std::move(ended), true);
}

void connection::on_timer()
{
    ended_exchange ended;
    {
        const std::lock_guard lock{mutex_};
        const clock::time_point now = timers_->time().now();
        if (!done_ || now < std::min(parameters_.deadline, write_deadline_)) {
            return;
        }
        if (now < parameters_.deadline) {
            exchange_.fail(errc::write_failed, "no more of the request was accepted for timeouts.write");
        } else {
            exchange_.fail(errc::attempt_timeout);
        }
        ended = finish();
    }
    complete(std::move(ended), true);
}

bool connection::is_quiet()
{
    std::array<char, 64> unsolicited; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
    const channel_result result = channel_->read(unsolicited.data(), unsolicited.size());
    if (result.wants == io_interest::nothing) {
        // The end of the stream or unsolicited bytes: in either case the connection must not be used again.
        const std::string_view said{unsolicited.data(), result.bytes};
        idle_end_ = said.empty() || is_request_timeout(said) ? idle_end::closed : idle_end::unsolicited;
        if (result.failure == errc::tls_verify_failed) {
            refusal_ = channel_->handshake_message();
        }
        close_channel(true);
        return false;
    }
    return true;
}

bool connection::watch_idle()
{
    if (!is_quiet()) {
        return false;
    }
    // A TLS message of its own, such as a ticket, needed a buffer, which would otherwise be kept until the next
    // request.
    channel_->release_buffers();
    arm_read();
    return channel_ != nullptr;
}

void connection::arm_read() noexcept
{
    if (read_armed_) {
        return;
    }
    try {
        channel_->stream().wait_readable(self());
        read_armed_ = true;
    } catch (const std::bad_alloc&) {
        close_channel(true);
    }
}

void connection::close_channel(bool abort) noexcept
{
    if (!channel_) {
        return;
    }
    if (!abort) {
        channel_->say_goodbye();
    }
    channel_->stream().close(abort);
    channel_.reset();
    is_open_.store(false, std::memory_order_release);
}

} // namespace sipher::detail
