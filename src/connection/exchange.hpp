#pragma once

#include <sipher/attempt.hpp>
#include <sipher/clock.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace sipher::detail {

/// What one request and its response on a connection are to be like.
struct exchange_request {
    exchange_request() = default;

    /// A response to HEAD has no body, whatever its header says.
    bool expects_no_body = false;
    /// Keep all header fields, not only those that the library reads.
    bool keep_fields = false;
    /// Its `X-Request-ID`. A response to an earlier request on the connection is known by that request's id.
    std::string request_id;
    clock::time_point deadline = clock::time_point::max();
    /// How long the kernel may take nothing of the request. Zero: until the deadline.
    std::chrono::nanoseconds write_timeout{};
};

/// What became of it, as far as the wire shows.
struct exchange_report {
    exchange_report() = default;

    boost::system::error_code code;
    /// Words for the code, where the code alone does not say enough.
    std::string problem;
    phase reached = phase::waiting;
    /// Bytes that the kernel accepted for the request.
    std::size_t bytes_written = 0;
    /// It accepted all of them, so the peer may have been able to read the request.
    bool fully_written = false;
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

} // namespace sipher::detail
