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

/// A connection was made, or could not be.
struct SIPHER_API connect_event {
    connect_event() = default;

    std::string_view host;
    /// The address and port that were connected to, the proxy's if there is one; empty if none was reached.
    std::string_view address;
    /// Host and port of the proxy; empty without one.
    std::string_view proxy;
    /// Such as `TLSv1.3`; empty without TLS.
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
    /// The server closed it while it was idle, or another that had been idle as long proved to be dead.
    peer,
    /// The server sent unsolicited data.
    unsolicited,
    /// Its idle time or its lifetime was over.
    expired,
    /// `pool_options::max_idle` were idle already.
    surplus,
    /// An exchange on it failed or was cancelled.
    failed,
    /// The server asked for it, or did not keep it alive.
    not_reusable,
    /// The client was shut down or destroyed.
    client_closed,
};

/// In words, such as `not reusable`.
SIPHER_API const char* to_string(close_reason value) noexcept;
SIPHER_API std::ostream& operator<<(std::ostream& os, close_reason value);

/// A connection was closed.
struct SIPHER_API close_event {
    close_event() = default;

    std::string_view address;
    close_reason reason = close_reason::peer;
    std::chrono::nanoseconds age{};
    /// Requests that it carried.
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
    /// scheme's own, and the path that all targets begin with, if any.
    std::string_view base_url;
    /// Of the first attempt.
    std::string_view request_id;
    /// As in `call_options::trace_parent`.
    std::string_view trace_parent;
};

/// An attempt of a call begins: it waits for its turn and a connection first. Where the call ends while it waits,
/// because it is cancelled or its turn comes too late, there is no attempt that ends.
struct SIPHER_API attempt_begin_event {
    attempt_begin_event() = default;

    /// From 1.
    std::size_t number = 0;
    std::string_view request_id;
};

/// An attempt of a call ended, well or not.
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

    /// What the caller gets; null if the call succeeded.
    const error* failure = nullptr;
    /// Of the last response; 0 without one.
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

/// The service's rate limit is used up: nothing more is sent for a time.
struct SIPHER_API rate_limit_event {
    rate_limit_event() = default;

    std::chrono::nanoseconds closed_for{};
    /// A request was refused (429); else its response was the last one of the window.
    bool refused = false;
    rate_limit_state state;
};

/// A part of the key's quota of requests a day is used: one of `daily_quota_options::thresholds`.
struct SIPHER_API quota_event {
    quota_event() = default;

    /// Such as `session`.
    std::string_view category;
    /// In per cent.
    unsigned threshold = 0;
    unsigned used = 0;
    unsigned quota = 0;
    std::chrono::nanoseconds renewed_in{};
};

/// Sees one call, from its begin until it is destroyed, on one thread at a time. If the call is abandoned, because its
/// execution context ends or memory runs out, it is destroyed without `on_end`.
class SIPHER_API call_observer {
public:
    call_observer() = default;
    call_observer(const call_observer&) = delete;
    call_observer& operator=(const call_observer&) = delete;
    virtual ~call_observer();

    /// Fields added to `headers` are sent with this attempt, such as a `traceparent` of its own. They replace fields of
    /// the same name; those that `call_options::headers` may not contain are left out.
    virtual void on_attempt_begin(const attempt_begin_event& event, header_list& headers);
    virtual void on_attempt(const attempt_event& event);
    virtual void on_end(const call_end_event& event);
};

/// Sees what a client does: for logs, metrics and traces. The library itself writes nothing anywhere.
///
/// Members are called without locks held, on whichever thread does the work, some of them at the same time; they
/// should be quick. What they throw is dropped. Views are valid during the call only. No event carries a secret.
class SIPHER_API observer {
public:
    observer() = default;
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;
    virtual ~observer();

    virtual void on_connect(const connect_event& event);
    virtual void on_close(const close_event& event);
    /// @return The observer of this call; null: none.
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
