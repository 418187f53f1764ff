// The input and the result of one exchange.
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

/// A request. The referenced data must live until the exchange has begun.
struct request_view {
    request_view() = default;

    verb method = verb::get;
    /// Path and query, in two parts.
    std::string_view path_prefix;
    std::string_view target;
    /// The session that the request is about, if any: the last segment of its path.
    const session_id* subject = nullptr;
    /// Serialized header fields, each with its line end.
    std::string_view fields;
    /// `X-Request-ID`. Identifies a response to an earlier request on the connection.
    std::string_view request_id;
    /// `X-Session-Id`, if it runs under a session.
    const session_id* session = nullptr;
    /// JSON text; empty: none.
    std::string_view body;
};

/// Parameters of one exchange.
struct exchange_parameters {
    exchange_parameters() = default;

    clock::time_point deadline = clock::time_point::max();
    /// Maximum time without progress while writing. Zero: until the deadline.
    std::chrono::nanoseconds write_timeout{};
    /// Keep all header fields of the response, not only those that the library reads.
    bool keep_fields = false;
    /// Check for bytes that arrived before the request and so are not a response to it.
    bool looks_first = true;
};

/// The result of an exchange, as observed on the wire.
struct exchange_report {
    exchange_report() = default;

    boost::system::error_code code;
    /// Details beyond the code.
    std::string message;
    phase reached = phase::waiting;
    /// Bytes that the kernel accepted for the request.
    std::size_t bytes_written = 0;
    /// The kernel accepted all of them, so the peer may have read the request.
    bool fully_written = false;
    /// The request fits into one TLS record.
    bool fits_one_record = false;
    /// At least one byte of the response was received.
    bool response_begun = false;
    /// The response's header is complete, so its status counts even if the body is truncated.
    bool header_complete = false;
    /// All of the response was received, as far as its end is determined.
    bool complete = false;
    /// A TLS alert was received instead of the first response: the server aborted the handshake, which the client
    /// considered complete, and never read the request.
    bool handshake_refused = false;
    /// The connection can carry another request.
    bool reusable = false;
};

/// The completion value of an exchange: valid until the next one on the connection begins.
struct exchange_result {
    const exchange_report* report = nullptr;
    const response_head* head = nullptr;
    std::string_view body;
};

} // namespace sipher::detail
