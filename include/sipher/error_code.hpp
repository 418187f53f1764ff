#pragma once

#include <sipher/config.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/error_condition.hpp>

#include <iosfwd>
#include <system_error>
#include <type_traits>

namespace sipher {

/// Failures detected by the client itself. A refusal by the service itself is an error code of
/// `service_category()` whose value is the HTTP status; a response from anything else (an edge, a gateway, a
/// portal) is one of `intermediary_category()`; a cancelled call is `boost::asio::error::operation_aborted`.
enum class errc {
    /// An argument, option or environment variable breaks a rule; the message names it. This attempt sent nothing;
    /// `error::outcome()` covers earlier ones.
    invalid_request = 1,
    /// The client was destroyed or shut down.
    client_closed,
    /// The time of the call ran out: its total timeout, its deadline, or its queue timeout while a connection was being
    /// established.
    deadline_exceeded,
    /// No connection became free in time; the message has the last connect failure, if there was one.
    pool_timeout,
    /// Too many calls are already waiting for a connection.
    pool_overloaded,
    /// The service's rate limit is used up, and its next window opens too late for this call. This attempt
    /// sent nothing.
    rate_limited,
    /// The applied session is known to be gone. This attempt sent nothing.
    session_gone,
    /// The host name could not be resolved, or not within `timeouts.connect`.
    resolve_failed,
    /// No address of the host accepted a connection within `timeouts.connect`.
    connect_failed,
    /// The TLS handshake was interrupted, failed transiently, or took longer than `timeouts.tls_handshake`.
    tls_handshake_failed,
    /// The server's certificate was rejected, or TLS negotiation failed. Not retried unless
    /// `retry_options::should_retry` asks for it.
    tls_verify_failed,
    /// The request could not be written, or the kernel accepted no more of it for `timeouts.write`.
    write_failed,
    /// The connection ended after the request was written and before any of the response arrived.
    no_response,
    /// One attempt took too long.
    attempt_timeout,
    /// The connection ended inside the response's header.
    incomplete_header,
    /// The connection ended inside the response's body.
    incomplete_body,
    /// The peer sent something other than an HTTP/1.0 or 1.1 response, or exceeded the size limits.
    protocol_error,
    /// The data arrived before the request was sent, or belongs to an earlier request; its content was not used.
    desynchronized,
    /// A successful response whose body does not match the API; the message names the member.
    bad_payload,
    /// The proxy did not let the connection through, or not within `proxy.timeout`. This attempt sent nothing to the
    /// service.
    proxy_failed,
    /// A callback in the options threw; `error::cause()` has the exception.
    callback_failed,
    /// The key's daily quota is used up, or pacing it over the day would release this call too late.
    /// This attempt sent nothing.
    quota_exhausted,
};

/// Classes of errors to compare an error code with: `if (error.code() == sipher::condition::not_found)`.
enum class condition {
    /// The request breaks a rule: detected by the client (`errc::invalid_request`) or by the service (400, 413, 422).
    invalid_request = 1,
    /// 401: no key, or a key that the service does not accept.
    unauthorized,
    /// 403: the key's tier does not allow this.
    forbidden,
    /// 404 or 410: no such session for this key, or no such route. Also `errc::session_gone`.
    not_found,
    /// 429, `errc::rate_limited` or `errc::quota_exhausted`.
    rate_limited,
    /// A timeout expired: `errc::deadline_exceeded`, `attempt_timeout`, `pool_timeout`, or 408.
    timeout,
    /// 500 to 599.
    server_error,
    /// The call failed without a usable response of the service: resolving, connecting, TLS, writing or reading failed.
    transport,
    /// The caller cancelled the call.
    cancelled,
    /// The client was closed.
    closed,
    /// Something other than the service responded: an edge, a gateway, a portal, or whatever `base_url` points to. Only
    /// `outcome` says what the service may have done. The status of such a response matches `rate_limited`, `timeout`,
    /// `server_error` and `invalid_request` as the service's own would, but never `unauthorized`, `forbidden` or
    /// `not_found`, which are about the service's keys and sessions.
    intermediary,
    /// A later retry may succeed; `outcome` says whether it is safe.
    retryable,
};

[[nodiscard]] SIPHER_API const boost::system::error_category& category() noexcept;
/// The category of HTTP statuses.
[[nodiscard]] SIPHER_API const boost::system::error_category& service_category() noexcept;
/// The category of HTTP statuses of responses from intermediaries.
[[nodiscard]] SIPHER_API const boost::system::error_category& intermediary_category() noexcept;
[[nodiscard]] SIPHER_API const boost::system::error_category& condition_category() noexcept;

/// Writes a description.
SIPHER_API std::ostream& operator<<(std::ostream& os, errc value);
SIPHER_API std::ostream& operator<<(std::ostream& os, condition value);

[[nodiscard]] inline boost::system::error_code make_error_code(errc value) noexcept
{
    return {static_cast<int>(value), category()};
}
[[nodiscard]] inline boost::system::error_condition make_error_condition(condition value) noexcept
{
    return {static_cast<int>(value), condition_category()};
}

} // namespace sipher

namespace boost::system {
template <>
struct is_error_code_enum<sipher::errc> : std::true_type {
};
template <>
struct is_error_condition_enum<sipher::condition> : std::true_type {
};
} // namespace boost::system

/// Allows comparing a `std::error_code`, to which Boost's converts, with a condition.
template <>
struct std::is_error_condition_enum<sipher::condition> : std::true_type {
};
