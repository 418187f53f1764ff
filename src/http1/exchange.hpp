// What goes into one exchange of a request and its response, and what comes out of it.
#pragma once

#include "http1/response_head.hpp"

#include <sipher/attempt.hpp>
#include <sipher/clock.hpp>
#include <sipher/session_id.hpp>
#include <sipher/verb.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace sipher::detail {

/// A request. What it refers to must live until the exchange has begun.
struct request_view {
    request_view() = default;

    verb method = verb::get;
    /// Path and query, in two parts.
    std::string_view path_prefix;
    std::string_view target;
    /// The session that the request is about, if it is about one: the last segment of its path.
    const session_id* subject = nullptr;
    /// Header fields, serialized, each with the end of its line.
    std::string_view fields;
    /// `X-Request-ID`. A response to an earlier request on the connection is known by that request's id.
    std::string_view request_id;
    /// `X-Session-Id`, if it runs under a session.
    const session_id* session = nullptr;
    /// JSON text; empty: none.
    std::string_view body;
};

/// How the exchange is to go.
struct exchange_parameters {
    exchange_parameters() = default;

    clock::time_point deadline = clock::time_point::max();
    /// How long the kernel may take nothing of the request. Zero: until the deadline.
    std::chrono::nanoseconds write_timeout{};
    /// Keep all header fields of the response, not only those that the library reads.
    bool keep_fields = false;
};

/// What became of it, as far as the wire shows.
struct exchange_report {
    exchange_report() = default;

    boost::system::error_code code;
    /// Words for the code, where the code alone does not say enough.
    std::string message;
    phase reached = phase::waiting;
    /// Bytes that the kernel accepted for the request.
    std::size_t bytes_written = 0;
    /// It accepted all of them, so the peer may have been able to read the request.
    bool fully_written = false;
    /// The request is no longer than what one record of TLS can hold.
    bool fits_one_record = false;
    /// Any of the response came.
    bool response_begun = false;
    /// The response's header is complete, so its status counts even if the body is cut.
    bool header_complete = false;
    /// All of the response came, as far as anything tells where it ends.
    bool complete = false;
    /// An alert of TLS came instead of a first response: the server broke off the handshake, which the client had
    /// thought complete, and never read the request.
    bool handshake_refused = false;
    /// The connection can carry another request.
    bool reusable = false;
};

/// What an exchange completes with: valid until the next one on the connection begins.
struct exchange_result {
    const exchange_report* report = nullptr;
    const response_head* head = nullptr;
    std::string_view body;
};

} // namespace sipher::detail
