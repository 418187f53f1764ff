#pragma once

#include <sipher/attempt.hpp>
#include <sipher/config.hpp>
#include <sipher/error.hpp>
#include <sipher/response_info.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace sipher {

/// A connection was established, or failed.
struct SIPHER_API connect_event {
    connect_event() = default;

    std::string_view host;
    /// The address and port connected to, the proxy's if there is one; empty if none was reached.
    std::string_view address;
    /// Host and port of the proxy; empty without one.
    std::string_view proxy;
    /// For example `TLSv1.3`; empty without TLS.
    std::string_view tls_version;
    /// The TLS handshake resumed an earlier session.
    bool resumed = false;
    std::chrono::nanoseconds duration{};
    boost::system::error_code code;
    /// What failed, in words; empty if nothing did.
    std::string_view message;
};

/// Why a connection was closed.
enum class close_reason {
    /// The server closed it while idle, or another connection idle for as long proved dead.
    peer,
    /// The server sent unsolicited data.
    unsolicited,
    /// Its idle time or lifetime expired.
    expired,
    /// `pool_options::max_idle` connections were already idle.
    surplus,
    /// An exchange on it failed or was cancelled.
    failed,
    /// The server asked for it, or did not keep it alive.
    not_reusable,
    /// The client was shut down or destroyed.
    client_closed,
};

/// In words, for example `not reusable`.
SIPHER_API const char* to_string(close_reason value) noexcept;
SIPHER_API std::ostream& operator<<(std::ostream& os, close_reason value);

/// A connection was closed.
struct SIPHER_API close_event {
    close_event() = default;

    std::string_view address;
    close_reason reason = close_reason::peer;
    std::chrono::nanoseconds age{};
    /// Number of requests it carried.
    std::uint64_t requests = 0;
};

/// A call begins.
struct SIPHER_API call_event {
    call_event() = default;

    std::string_view operation;
    std::string_view verb;
    /// Path and query; session ids in it are shortened.
    std::string_view target;
    /// The server of the target, such as `https://sipher.sip-protocol.org`: scheme, host, port unless it is the
    /// scheme's default, and the path prefix of all targets, if any.
    std::string_view base_url;
    /// The request id of the first attempt.
    std::string_view request_id;
    /// See `call_options::trace_parent`.
    std::string_view trace_parent;
};

/// An attempt of a call begins; first it waits for its turn and a connection. If the call ends during that wait,
/// because it is cancelled or its turn comes too late, no `on_attempt` follows.
struct SIPHER_API attempt_begin_event {
    attempt_begin_event() = default;

    /// From 1.
    std::size_t number = 0;
    std::string_view request_id;
};

/// An attempt of a call ended, successfully or not.
struct SIPHER_API attempt_event {
    attempt_event() = default;

    std::string_view operation;
    std::string_view verb;
    /// Path and query; session ids in it are shortened.
    std::string_view target;
    /// From 1.
    std::size_t number = 0;
    const sipher::attempt* attempt = nullptr;
};

/// A call ended.
struct SIPHER_API call_end_event {
    call_end_event() = default;

    /// The caller's error; null if the call succeeded.
    const error* failure = nullptr;
    /// HTTP status of the last attempt's response; 0 if it got none.
    unsigned status = 0;
    std::size_t attempts = 0;
    std::chrono::nanoseconds duration{};
};

/// Another attempt follows.
struct SIPHER_API retry_event {
    retry_event() = default;

    std::string_view operation;
    /// The attempt that failed, from 1.
    std::size_t number = 0;
    std::chrono::nanoseconds delay{};
    boost::system::error_code code;
};

/// The service's rate limit is used up: nothing is sent for `closed_for`.
struct SIPHER_API rate_limit_event {
    rate_limit_event() = default;

    std::chrono::nanoseconds closed_for{};
    /// A request was refused (429); otherwise a response reported that nothing remains in the window.
    bool refused = false;
    rate_limit_state state;
};

/// The used part of the key's daily quota reached one of `daily_quota_options::thresholds`.
struct SIPHER_API quota_event {
    quota_event() = default;

    /// Such as `session`.
    std::string_view category;
    /// Percentage.
    unsigned threshold = 0;
    unsigned used = 0;
    unsigned quota = 0;
    std::chrono::nanoseconds renewed_in{};
};

/// Observes one call from its beginning until the observer is destroyed, on one thread at a time. If the call is
/// abandoned, because its execution context ends or memory runs out, the observer is destroyed without `on_end`.
class SIPHER_API call_observer {
public:
    call_observer() = default;
    call_observer(const call_observer&) = delete;
    call_observer& operator=(const call_observer&) = delete;
    virtual ~call_observer();

    /// Fields added to `headers`, such as a `traceparent`, are sent with this attempt. They replace fields of the same
    /// name; those that `call_options::headers` must not contain are dropped.
    virtual void on_attempt_begin(const attempt_begin_event& event, header_list& headers);
    virtual void on_attempt(const attempt_event& event);
    virtual void on_end(const call_end_event& event);
};

/// Observes a client, for logs, metrics and traces. The library itself writes no logs.
///
/// Members are called without locks held, on whichever thread does the work, possibly concurrently; they should be
/// quick. Exceptions are swallowed. Views are valid only until the member returns. No event carries a secret.
class SIPHER_API observer {
public:
    observer() = default;
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;
    virtual ~observer();

    virtual void on_connect(const connect_event& event);
    virtual void on_close(const close_event& event);
    /// @return The observer of this call, or null for none.
    virtual std::unique_ptr<call_observer> on_call(const call_event& event);
    virtual void on_attempt(const attempt_event& event);
    virtual void on_retry(const retry_event& event);
    virtual void on_rate_limit(const rate_limit_event& event);
    virtual void on_quota(const quota_event& event);
};

static_assert(!std::is_aggregate_v<connect_event>);
static_assert(!std::is_aggregate_v<close_event>);
static_assert(!std::is_aggregate_v<call_event>);
static_assert(!std::is_aggregate_v<attempt_begin_event>);
static_assert(!std::is_aggregate_v<attempt_event>);
static_assert(!std::is_aggregate_v<call_end_event>);
static_assert(!std::is_aggregate_v<retry_event>);
static_assert(!std::is_aggregate_v<rate_limit_event>);
static_assert(!std::is_aggregate_v<quota_event>);

} // namespace sipher
