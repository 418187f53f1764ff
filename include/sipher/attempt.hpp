#pragma once

#include <sipher/config.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <string>
#include <type_traits>

namespace sipher {

/// What a failed call may have changed on the service.
enum class outcome {
    /// Nothing of the request left this machine.
    not_sent,
    /// The service cannot have acted on the request, or states that it did not.
    not_applied,
    /// The request was sent in full, or in part if it is larger than 16 KiB; whether the service acted on it is
    /// unknown.
    unknown,
    /// The service reported that it acted; the rest of its response was lost or could not be read.
    applied_result_lost,
};

/// `not sent`, `not applied`, `unknown` or `applied, result lost`.
SIPHER_API const char* to_string(outcome value) noexcept;
SIPHER_API std::ostream& operator<<(std::ostream& os, outcome value);

/// How far an attempt got.
enum class phase { waiting, resolving, connecting, tls_handshake, writing, reading_header, reading_body, done };

SIPHER_API const char* to_string(phase value) noexcept;
SIPHER_API std::ostream& operator<<(std::ostream& os, phase value);

/// One attempt of a call: one try to get a response over one connection.
struct SIPHER_API attempt {
    attempt() = default;

    /// Why it failed; no error if it succeeded.
    boost::system::error_code code;
    phase reached = phase::waiting;
    /// The peer's address and port; empty if none was connected.
    std::string address;
    /// Whether the connection had carried a request before.
    bool reused = false;
    /// Bytes of this request that the kernel accepted, as sent on the wire (ciphertext under TLS).
    std::size_t bytes_written = 0;
    /// HTTP status; 0 if none was received.
    unsigned status = 0;
    /// `X-Request-ID` that was sent.
    std::string request_id;
    /// From the start of the attempt, waits for limits and a connection included, to its end.
    std::chrono::nanoseconds duration{};
    /// What this attempt alone may have changed on the service.
    sipher::outcome outcome = sipher::outcome::not_sent;
};

static_assert(!std::is_aggregate_v<attempt>);

} // namespace sipher
