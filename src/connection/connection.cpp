#include "connection/connection.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <openssl/crypto.h>

#include <array>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

connection::connection(asio::any_io_executor executor, std::unique_ptr<channel> open_channel, std::string address,
                       limit_options limits, std::shared_ptr<timer_queue> timers)
    : executor_(std::move(executor)), address_(std::move(address)), limits_(limits), timers_(std::move(timers)),
      channel_(std::move(open_channel))
{
}

connection::~connection()
{
    timers_->disarm(*this);
    close_stream(false);
    // It holds the key. Not earlier: the lease holder writes it without the mutex.
    OPENSSL_cleanse(request_text_.data(), request_text_.size());
}

void connection::open(std::weak_ptr<connection_owner> owner)
{
    const std::lock_guard lock{mutex_};
    owner_ = std::move(owner);
    if (channel_) {
        arm_read();
    }
}

bool connection::is_open() const
{
    const std::lock_guard lock{mutex_};
    return channel_ != nullptr;
}

void connection::begin(exchange_request request, completion<> done)
{
    completion<> completed;
    {
        const std::lock_guard lock{mutex_};
        ++exchange_number_;
        request_ = std::move(request);
        done_ = std::move(done);
        report_ = {};
        report_.reached = phase::writing;
        ended_ = false;
        interim_answers_ = 0;
        header_bytes_ = 0;
        input_.clear();
        start_message();
        if (channel_) {
            connect_cancellation();
            wire_bytes_before_ = channel_->bytes_on_wire();
            timers_->arm(*this, request_.deadline);
            write_request();
        } else {
            fail(errc::write_failed, "the connection had ended before");
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
        slot.assign([weak = std::weak_ptr<connection>{self()}, number = exchange_number_](
                        asio::cancellation_type type) {
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

void connection::abandon() noexcept
{
    completion<> dropped;
    const std::lock_guard lock{mutex_};
    owner_.reset();
    timers_->disarm(*this);
    close_stream(true);
    dropped = std::move(done_);
}

void connection::trim() noexcept
{
    constexpr std::size_t enough = 16 * 1024;
    const std::lock_guard lock{mutex_};
    for (std::string* buffer : {&request_text_, &input_, &body_}) {
        if (buffer->capacity() > enough) {
            OPENSSL_cleanse(buffer->data(), buffer->size());
            *buffer = {};
        }
    }
}

void connection::on_readable(error_code)
{
    // What failed, if anything, the next read tells.
    completion<> completed;
    std::shared_ptr<connection_owner> told;
    {
        const std::lock_guard lock{mutex_};
        read_armed_ = false;
        if (!channel_) {
            return;
        }
        if (!done_) {
            if (!watch_idle()) {
                told = owner_.lock();
            }
        } else {
            read_answer();
            if (!ended_ && !report_.fully_written && !write_armed_) {
                write_request();
            }
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
        told->on_connection_closed(*this);
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
        write_request();
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
        if (!done_ || timers_->time().now() < request_.deadline) {
            return;
        }
        fail(errc::attempt_timeout);
        completed = finish();
    }
    std::move(completed).dispatch();
}

void connection::write_request()
{
    const channel_result result = channel_->write(request_text_.data(), request_text_.size());
    report_.bytes_written = static_cast<std::size_t>(channel_->bytes_on_wire() - wire_bytes_before_);
    if (result.done()) {
        report_.fully_written = true;
        report_.reached = report_.answer_begun ? report_.reached : phase::reading_header;
    } else if (result.waits_for == need::writable) {
        write_armed_ = true;
        channel_->stream().wait_writable(self());
    } else if (result.failure) {
        // A server that refuses a request without reading all of it may have said so before it closed.
        read_answer();
        if (!ended_) {
            fail(errc::write_failed, result.failure.message());
        }
    }
}

void connection::read_answer()
{
    constexpr std::size_t step = 4096;
    while (!ended_) {
        const std::size_t begin = input_.size();
        input_.resize(begin + step);
        const channel_result result = channel_->read(input_.data() + begin, step);
        input_.resize(begin + result.bytes);
        if (result.waits_for != need::nothing) {
            return;
        }
        if (result.failure) {
            end_of_stream(result.failure);
            return;
        }
        report_.answer_begun = true;
        while (!ended_ && parse_input()) {
        }
    }
}

/// Whether there may be more to parse in what has been read.
bool connection::parse_input()
{
    if (input_.empty()) {
        return false;
    }
    error_code failure;
    const bool in_header = !parser_->is_header_done();
    const std::size_t used = parser_->put(asio::buffer(input_), failure);
    input_.erase(0, used);
    if (failure && failure != http::error::need_more) {
        fail(errc::protocol_error, "not an acceptable HTTP/1.1 answer: " + failure.message());
        return false;
    }
    if (in_header && !parser_->is_header_done()) {
        header_bytes_ += used;
        if (header_bytes_ > limits_.header_size) {
            fail(errc::protocol_error, "the answer's header is longer than limits.header_size");
        }
        return false;
    }
    if (in_header && !parser_->is_interim()) {
        report_.header_complete = true;
        report_.reached = phase::reading_body;
    }
    if (parser_->is_done()) {
        take_message();
        return !ended_;
    }
    return used != 0;
}

void connection::take_message()
{
    constexpr unsigned max_interim_answers = 32;
    if (parser_->is_interim()) {
        if (head_.status == 101) {
            fail(errc::protocol_error, "the server switched to another protocol");
        } else if (++interim_answers_ > max_interim_answers) {
            fail(errc::protocol_error, "the server sends one interim answer after another");
        } else {
            start_message();
        }
        return;
    }
    if (!head_.request_id.empty() && head_.request_id != request_.request_id) {
        fail(errc::desynchronized);
        return;
    }
    report_.reached = phase::done;
    report_.reusable = report_.fully_written && parser_->keep_alive() && input_.empty();
    ended_ = true;
}

void connection::start_message()
{
    head_.clear();
    body_.clear();
    parser_.emplace(head_, body_, limits_, request_.keep_fields, header_bytes_);
    parser_->skip(request_.expects_no_body);
}

void connection::end_of_stream(error_code failure)
{
    const bool ends_here = report_.header_complete && parser_->ends_with_connection();
    // The service's HTTP server refuses what it cannot read by a bare header and a bare end.
    const bool bare_refusal = ends_here && head_.status >= 400 && body_.empty();
    if ((ends_here && failure == asio::error::eof) || bare_refusal) {
        report_.reached = phase::done;
        ended_ = true;
        close_stream(false);
    } else if (!report_.answer_begun) {
        fail(report_.fully_written ? errc::no_response : errc::write_failed, failure.message());
    } else if (!report_.header_complete) {
        fail(errc::incomplete_header, failure.message());
    } else {
        fail(errc::incomplete_body, failure.message());
    }
}

void connection::fail(error_code code, std::string problem)
{
    report_.code = code;
    report_.problem = std::move(problem);
    report_.reusable = false;
    ended_ = true;
    // So that nothing which the kernel still holds of an incomplete request can reach the server.
    close_stream(true);
}

completion<> connection::finish()
{
    timers_->disarm(*this);
    completion<> done = std::move(done_);
    if (channel_ && channel_->has_buffered() && !watch_idle()) {
        report_.reusable = false;
    } else if (channel_) {
        arm_read();
    }
    return done;
}

bool connection::watch_idle()
{
    std::array<char, 64> unsolicited; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
    const channel_result result = channel_->read(unsolicited.data(), unsolicited.size());
    if (result.waits_for == need::nothing) {
        // Its end, or bytes that nobody asked for: in either case it must not be used again.
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
}

} // namespace sipher::detail
