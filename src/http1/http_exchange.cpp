#include "http1/http_exchange.hpp"

#include "base/wipe.hpp"
#include "http1/request_serializer.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
using boost::system::error_code;

bool is_request_timeout(std::string_view said)
{
    return said.starts_with("HTTP/1.1 408 ") || said.starts_with("HTTP/1.0 408 ");
}

void http_exchange::start(const request_view& request, bool keep_fields, std::uint64_t wire_bytes)
{
    constexpr std::size_t largest_record = 16 * 1024;
    ended_ = false;
    leaves_ = disposition::keep;
    report_ = {};
    report_.reached = phase::writing;
    earlier_ids_[1].swap(earlier_ids_[0]);
    earlier_ids_[0].swap(request_id_);
    request_id_ = request.request_id;
    wire_bytes_before_ = wire_bytes;
    expects_no_body_ = request.method == verb::head;
    keep_fields_ = keep_fields;
    forget_response();
    serialize(request, request_);
    report_.fits_one_record = request_.size() <= largest_record;
}

io_interest http_exchange::write(channel& over)
{
    const std::string_view bytes = request_.view();
    const channel_result result = over.write(bytes.data(), bytes.size());
    report_.bytes_written = static_cast<std::size_t>(over.bytes_on_wire() - wire_bytes_before_);
    if (result.done()) {
        report_.fully_written = true;
        report_.reached = report_.response_begun ? report_.reached : phase::reading_header;
    } else if (result.failure) {
        // A server that refuses a request without reading all of it may have responded before it closed.
        read(over);
        fail(errc::write_failed, result.failure.message());
    }
    return result.wants;
}

void http_exchange::read(channel& over)
{
    // On the stack, where it stays in the CPU cache for all connections.
    std::array<char, 8192> memory; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
    while (!ended_) {
        const channel_result result = over.read(memory.data(), memory.size());
        if (result.wants != io_interest::nothing) {
            return;
        }
        if (result.failure) {
            take_end_of_stream(result.failure, over);
            return;
        }
        take_bytes({memory.data(), result.bytes});
        wipe(memory.data(), result.bytes);
    }
}

void http_exchange::take_bytes(std::string_view fresh)
{
    if (report_.bytes_written == 0) {
        // The server has not received any of this request.
        fail(is_request_timeout(fresh) ? errc::write_failed : errc::desynchronized);
        return;
    }
    if (!parser_) {
        parser_ = parsers_->take();
        parser_->start(expects_no_body_, keep_fields_);
    }
    report_.response_begun = true;
    const std::size_t taken = parser_->put(fresh);
    if (parser_->is_header_complete()) {
        report_.header_complete = true;
        report_.reached = phase::reading_body;
    }
    if (!parser_->message().empty()) {
        fail(errc::protocol_error, parser_->message());
    } else if (parser_->is_complete()) {
        take_response(taken == fresh.size());
    }
}

void http_exchange::take_response(bool nothing_follows)
{
    if (responds_to_earlier_request()) {
        fail(errc::desynchronized);
        return;
    }
    report_.complete = true;
    report_.reached = phase::done;
    report_.reusable = report_.fully_written && parser_->keeps_alive() && nothing_follows;
    ended_ = true;
}

/// However an edge changes the id, it cannot produce one of our earlier ids.
bool http_exchange::responds_to_earlier_request() const
{
    const std::string& echoed = parser_->head().request_id;
    if (echoed == request_id_ || has_item(echoed, request_id_)) {
        return false;
    }
    return std::ranges::any_of(
        earlier_ids_, [&echoed](const std::string& earlier) { return !earlier.empty() && has_item(echoed, earlier); });
}

void http_exchange::take_end_of_stream(error_code failure, const channel& over)
{
    const bool ends_here = parser_ && parser_->ends_with_stream();
    const bool properly = ends_here && failure == asio::error::eof;
    // The service's HTTP server refuses a request that it cannot read with a bare header and a bare end.
    // (A reset may have discarded the body of a 408, which then may be the service's own.)
    const bool bare_refusal = ends_here && parser_->head().status >= 400 && parser_->body().empty() &&
                              (parser_->head().status != 408 || failure != asio::error::connection_reset);
    if (properly || bare_refusal) {
        leaves_ = disposition::close;
        take_response(false);
        // A bare end may have truncated an announced body.
        report_.complete = report_.complete && (properly || parser_->head().content_type.empty());
        return;
    }
    const bool refused_by_tls = failure == errc::tls_verify_failed || failure == errc::protocol_error;
    std::string words = refused_by_tls ? over.handshake_message() : failure.message();
    const bool never_responded = !report_.response_begun && wire_bytes_before_ == 0;
    if (never_responded && std::string_view{over.protocol()}.empty()) {
        words += "; is this a port for https?";
    }
    if (failure == errc::tls_verify_failed) {
        fail_handshake(std::move(words));
    } else if (!report_.response_begun) {
        fail(report_.fully_written ? errc::no_response : errc::write_failed, std::move(words));
    } else {
        fail(report_.header_complete ? errc::incomplete_body : errc::incomplete_header, std::move(words));
    }
}

void http_exchange::fail_handshake(std::string message)
{
    report_.handshake_refused = true;
    fail(errc::tls_verify_failed, std::move(message));
}

void http_exchange::fail(error_code code, std::string message)
{
    if (ended_) {
        return;
    }
    report_.code = code;
    report_.message = std::move(message);
    // So that the kernel discards the unsent rest of an incomplete request.
    leaves_ = disposition::abort;
    ended_ = true;
}

void http_exchange::forget_response() noexcept
{
    if (parser_) {
        parsers_->give_back(std::move(parser_));
    }
    request_.release_unusual();
}

void http_exchange::release_idle_buffers() noexcept
{
    forget_response();
    request_.release();
}

} // namespace sipher::detail
