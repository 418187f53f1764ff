#include "connection/connection.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
namespace http = boost::beast::http;
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
        report_.reached = report_.answer_begun ? report_.reached : phase::reading_header;
    } else if (result.waits_for == need::writable) {
        write_armed_ = true;
        channel_->stream().wait_writable(self());
        if (report_.bytes_written != written_before || write_deadline_ == clock::time_point::max()) {
            expect_progress();
        }
    } else if (result.failure) {
        // A server that refuses a request without reading all of it may have said so before it closed.
        read_answer();
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

void connection::read_answer()
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
        report_.answer_begun = true;
        take_bytes({memory.data(), result.bytes});
    }
}

void connection::take_bytes(std::string_view fresh)
{
    const bool continued = !left_over_.empty();
    if (continued) {
        left_over_.append(fresh);
    }
    input_ = continued ? std::string_view{left_over_} : fresh;
    while (!ended_ && parse_input()) {
    }
    if (continued) {
        left_over_.erase(0, left_over_.size() - input_.size());
    } else {
        left_over_.assign(input_);
    }
    input_ = {};
}

/// Whether there may be more to parse in what has been read.
bool connection::parse_input()
{
    if (input_.empty()) {
        return false;
    }
    const bool in_header = !parser_->is_header_done();
    // The end of a chunked body takes five bytes, and Beast's parser takes it for granted that they are all there.
    constexpr std::size_t shortest_end = std::string_view{"0\r\n\r\n"}.size();
    if (!in_header && parser_->chunked() && input_.size() < shortest_end) {
        return false;
    }
    error_code failure;
    const std::size_t used =
        in_header ? parser_->put_header(input_, scratch_, failure) : parser_->put(asio::buffer(input_), failure);
    input_.remove_prefix(used);
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
    report_.complete = true;
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
        report_.complete = failure == asio::error::eof || head_.content_type.empty();
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

} // namespace sipher::detail
