#include "connection/connection.hpp"

#include "values/wipe.hpp"

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
                       const limit_options& limits, std::shared_ptr<timer_queue> timers)
    : executor_(std::move(executor)), address_(std::move(address)), timers_(std::move(timers)),
      channel_(std::move(open_channel)), is_open_(channel_ != nullptr), parser_(limits)
{
}

connection::~connection()
{
    timers_->disarm(*this);
    close_stream(false);
    // It holds the key. Not earlier: the lease holder writes it without the mutex.
    wipe(request_text_);
}

void connection::open(std::weak_ptr<connection_owner> owner)
{
    const std::lock_guard lock{mutex_};
    owner_ = std::move(owner);
    if (channel_) {
        arm_read();
    }
}

void connection::begin(exchange_request request, completion<> done)
{
    completion<> completed;
    {
        const std::lock_guard lock{mutex_};
        ++exchange_number_;
        earlier_ids_[1] = std::move(earlier_ids_[0]);
        earlier_ids_[0] = std::move(request_.request_id);
        request_ = std::move(request);
        done_ = std::move(done);
        report_ = {};
        report_.reached = phase::writing;
        ended_ = false;
        parser_.start(request_.expects_no_body, request_.keep_fields);
        if (channel_) {
            unless_out_of_memory([this] {
                connect_cancellation();
                wire_bytes_before_ = channel_->bytes_on_wire();
                write_deadline_ = clock::time_point::max();
                timers_->arm(*this, request_.deadline);
                write_request();
            });
        } else if (refusal_.empty()) {
            fail(errc::write_failed, "the connection had ended before");
        } else {
            report_.handshake_refused = true;
            fail(errc::tls_verify_failed, refusal_);
        }
        if (ended_) {
            completed = finish();
        }
    }
    if (completed) {
        std::move(completed).post();
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
    completion<> completed;
    {
        const std::lock_guard lock{mutex_};
        constexpr auto always = asio::cancellation_type::terminal | asio::cancellation_type::partial;
        const bool allowed = (type & always) != asio::cancellation_type::none || report_.bytes_written == 0;
        if (!done_ || exchange_number != exchange_number_ || !allowed) {
            return;
        }
        fail(asio::error::operation_aborted);
        completed = finish();
    }
    std::move(completed).post();
}

void connection::close(error_code reason, bool abort) noexcept
{
    completion<> completed;
    {
        const std::lock_guard lock{mutex_};
        owner_.reset();
        if (done_) {
            fail(reason);
            completed = finish();
        } else {
            close_stream(abort);
        }
    }
    if (completed) {
        std::move(completed).post();
    }
}

void connection::trim() noexcept
{
    constexpr std::size_t enough = 16 * 1024;
    const std::lock_guard lock{mutex_};
    parser_.trim(enough);
    if (request_text_.capacity() > enough) {
        wipe(request_text_);
        request_text_ = {};
    }
}

void connection::rest() noexcept
{
    const std::lock_guard lock{mutex_};
    if (channel_ && !done_) {
        channel_->release_buffers();
    }
}

void connection::on_readable(error_code)
{
    // What failed, if anything, the next read tells.
    completion<> completed;
    std::shared_ptr<connection_owner> told;
    idle_end how = idle_end::closed;
    {
        const std::lock_guard lock{mutex_};
        read_armed_ = false;
        if (!channel_) {
            return;
        }
        if (!done_) {
            if (!watch_idle()) {
                told = owner_.lock();
                how = idle_end_;
            }
        } else {
            unless_out_of_memory([this] {
                read_response();
                if (!ended_ && !report_.fully_written && !write_armed_) {
                    write_request();
                }
            });
            if (ended_) {
                completed = finish();
            } else {
                arm_read();
            }
        }
    }
    if (completed) {
        std::move(completed).dispatch();
    }
    if (told) {
        told->on_connection_closed(*this, how);
    }
}

void connection::on_writable(error_code)
{
    completion<> completed;
    {
        const std::lock_guard lock{mutex_};
        write_armed_ = false;
        if (!channel_ || !done_ || report_.fully_written) {
            return;
        }
        unless_out_of_memory([this] { write_request(); });
        if (ended_) {
            completed = finish();
        }
    }
    if (completed) {
        std::move(completed).dispatch();
    }
}

void connection::on_timer()
{
    completion<> completed;
    {
        const std::lock_guard lock{mutex_};
        const clock::time_point now = timers_->time().now();
        if (!done_ || now < std::min(request_.deadline, write_deadline_)) {
            return;
        }
        if (now < request_.deadline) {
            fail(errc::write_failed, "nothing of the request was taken within timeouts.write");
        } else {
            fail(errc::attempt_timeout);
        }
        completed = finish();
    }
    std::move(completed).dispatch();
}

bool connection::watch_idle()
{
    std::array<char, 64> unsolicited; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
    const channel_result result = channel_->read(unsolicited.data(), unsolicited.size());
    if (result.waits_for == need::nothing) {
        // Its end, or bytes that nobody asked for: in either case it must not be used again.
        const std::string_view said{unsolicited.data(), result.bytes};
        idle_end_ = said.empty() || is_farewell(said) ? idle_end::closed : idle_end::unsolicited;
        if (result.failure == errc::tls_verify_failed) {
            refusal_ = channel_->handshake_problem();
        }
        close_stream(true);
        return false;
    }
    arm_read();
    return true;
}

void connection::arm_read()
{
    if (!read_armed_) {
        read_armed_ = true;
        channel_->stream().wait_readable(self());
    }
}

void connection::close_stream(bool abort) noexcept
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
