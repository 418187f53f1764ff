#include "connection/connection.hpp"
#include "connection/wiped_buffer.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
using boost::system::error_code;

void connection::write_request()
{
    const std::size_t written_before = report_.bytes_written;
    const channel_result result = channel_->write(request_text_.data(), request_text_.size());
    report_.bytes_written = static_cast<std::size_t>(channel_->bytes_on_wire() - wire_bytes_before_);
    if (result.done()) {
        report_.fully_written = true;
        if (std::exchange(write_deadline_, clock::time_point::max()) != clock::time_point::max()) {
            timers_->arm(*this, request_.deadline);
        }
        report_.reached = report_.response_begun ? report_.reached : phase::reading_header;
    } else if (result.waits_for == need::writable) {
        write_armed_ = true;
        channel_->stream().wait_writable(self());
        if (report_.bytes_written != written_before || write_deadline_ == clock::time_point::max()) {
            expect_progress();
        }
    } else if (result.failure) {
        // A server that refuses a request without reading all of it may have said so before it closed.
        read_response();
        if (!ended_) {
            fail(errc::write_failed, result.failure.message());
        }
    }
}

/// Only where the kernel takes less than the whole request, so that the usual case sets no timer for it.
void connection::expect_progress()
{
    if (request_.write_timeout.count() != 0) {
        write_deadline_ = timers_->time().now() + request_.write_timeout;
        timers_->arm(*this, std::min(request_.deadline, write_deadline_));
    }
}

void connection::read_response()
{
    // On the stack, where it is in the cache for each of many connections.
    std::array<char, 8192> memory; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
    while (!ended_) {
        const channel_result result = channel_->read(memory.data(), memory.size());
        if (result.waits_for != need::nothing) {
            return;
        }
        if (result.failure) {
            end_of_stream(result.failure);
            return;
        }
        take_bytes({memory.data(), result.bytes});
        wipe_memory(memory.data(), result.bytes);
    }
}

void connection::take_bytes(std::string_view fresh)
{
    if (report_.bytes_written == 0) {
        // Of this request, the server has seen nothing.
        fail(is_farewell(fresh) ? errc::write_failed : errc::desynchronized);
        return;
    }
    report_.response_begun = true;
    const std::size_t taken = parser_.put(fresh);
    if (parser_.is_header_complete()) {
        report_.header_complete = true;
        report_.reached = phase::reading_body;
    }
    if (!parser_.problem().empty()) {
        fail(errc::protocol_error, parser_.problem());
    } else if (parser_.is_complete()) {
        take_response(taken == fresh.size());
    }
}

void connection::take_response(bool nothing_follows)
{
    if (answers_earlier_request()) {
        fail(errc::desynchronized);
        return;
    }
    report_.complete = true;
    report_.reached = phase::done;
    report_.reusable = report_.fully_written && parser_.keeps_alive() && nothing_follows;
    ended_ = true;
}

/// The service says 408 before it closes a connection on which no request came.
bool connection::is_farewell(std::string_view said)
{
    return said.starts_with("HTTP/1.1 408 ") || said.starts_with("HTTP/1.0 408 ");
}

/// Whatever an edge does to the id, it cannot come up with one of ours.
bool connection::answers_earlier_request() const
{
    const std::string& told = head().request_id;
    if (told == request_.request_id || has_item(told, request_.request_id)) {
        return false;
    }
    return std::ranges::any_of(
        earlier_ids_, [&told](const std::string& earlier) { return !earlier.empty() && has_item(told, earlier); });
}

void connection::end_of_stream(error_code failure)
{
    const bool ends_here = parser_.ends_with_stream();
    const bool properly = ends_here && failure == asio::error::eof;
    // The service's HTTP server refuses what it cannot read by a bare header and a bare end.
    const bool bare_refusal = ends_here && head().status >= 400 && body().empty();
    if (properly || bare_refusal) {
        take_response(false);
        // A bare end may have cut off a body that was announced.
        report_.complete = report_.complete && (properly || head().content_type.empty());
        close_stream(false);
        return;
    }
    const bool told_by_tls = failure == errc::tls_verify_failed || failure == errc::protocol_error;
    std::string words = told_by_tls ? channel_->handshake_problem() : failure.message();
    if (failure == errc::tls_verify_failed) {
        report_.handshake_refused = true;
        fail(failure, std::move(words));
    } else if (!report_.response_begun) {
        fail(report_.fully_written ? errc::no_response : errc::write_failed, std::move(words));
    } else {
        fail(report_.header_complete ? errc::incomplete_body : errc::incomplete_header, std::move(words));
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

} // namespace sipher::detail
