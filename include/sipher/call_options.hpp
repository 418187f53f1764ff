#pragma once

#include <sipher/clock.hpp>
#include <sipher/config.hpp>
#include <sipher/response_info.hpp>
#include <sipher/retry_options.hpp>
#include <sipher/session.hpp>

#include <chrono>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace sipher {

class live_session;

namespace detail {
class shared_live_session;
class owned_session;
} // namespace detail

/// The session that a request runs under.
///
/// The service silently ignores an `X-Session-Id` that it does not know, and runs the request with its own
/// defaults. An `applied_session` made from a whole `session` therefore also *pins* the session's defaults: members
/// that are missing from the request's JSON object are added by the client exactly as the service would add them,
/// so that the request means the same whether or not the service still knows the session.
class SIPHER_API applied_session {
public:
    /// Applies the session and pins its defaults. A session that is known to be gone fails with `errc::session_gone`
    /// before anything is sent: this client has deleted it, the service has reported it unknown, or its lifetime,
    /// counted from a response about it that this client received, has expired. An empty one fails with
    /// `errc::invalid_request`.
    applied_session(session value); // NOLINT(google-explicit-constructor): a session is one to apply
    /// Applies the session by its id alone; a session known to be gone fails as above. Nothing is pinned: if the
    /// service has lost the session, the request runs under the service's own defaults, unnoticed.
    applied_session(session_id id); // NOLINT(google-explicit-constructor)

    /// Applies the live session's current session when the call begins, and pins its defaults as its options specify.
    applied_session(const live_session& live); // NOLINT(google-explicit-constructor)

    /// (Moved-from objects keep their value.)
    applied_session(const applied_session&) = default;
    applied_session& operator=(const applied_session&) = default;
    ~applied_session() = default;

    /// The same session without pinning.
    [[nodiscard]] applied_session unpinned() const;

    /// For a live session: its session when this object was made; the call uses the current one.
    [[nodiscard]] const session_id& id() const noexcept { return state_->id; }
    [[nodiscard]] const std::optional<timestamp>& expires_at() const noexcept { return state_->expires_at; }
    [[nodiscard]] const std::optional<session_defaults>& pinned() const noexcept { return state_->pinned; }
    /// Null unless made from a live session.
    [[nodiscard]] const std::shared_ptr<detail::shared_live_session>& live() const noexcept { return state_->live; }

private:
    friend class detail::shared_live_session;

    struct state {
        session_id id;
        std::optional<timestamp> expires_at;
        std::optional<session_defaults> pinned;
        bool never_pins = false;
        std::shared_ptr<detail::shared_live_session> live;
        /// Prevents its deletion while the request runs.
        std::shared_ptr<detail::owned_session> held;
    };

    explicit applied_session(state value);

    /// Allocated separately, to keep options without a session (most of them) small.
    std::shared_ptr<const state> state_;
};

/// Which calls go first when several wait for the rate limit or for a connection. While calls of all three priorities
/// wait, of every 21 released 16 are interactive, 4 normal and 1 background, so none starves.
enum class call_priority { interactive, normal, background };

SIPHER_API std::ostream& operator<<(std::ostream& os, call_priority value);

/// Overrides of the client's options for one call.
struct SIPHER_API call_options {
    call_options() = default;

    /// Time limit of the whole call, waits and retries included. Unset: the client's. Zero: no limit.
    std::optional<std::chrono::milliseconds> total_timeout;
    /// Time limit of the call's waits for its turn: for the rate limit, the daily quota and a connection. These waits
    /// then do not count towards `total_timeout`. Unset: the client's. Zero: no limit.
    std::optional<std::chrono::milliseconds> queue_timeout;
    /// One attempt: writing the request and reading the response. Some routes of the service take up to 90 s; for
    /// these, raise `total_timeout` (30 s by default) as well. Unset: the client's. Zero: limited only by the end of
    /// the call.
    std::optional<std::chrono::milliseconds> attempt_timeout;
    /// Deadline of the call, on the client's clock (`sipher::clock::now()`, by default that of
    /// `std::chrono::steady_clock`), even if `total_timeout` allows more time. For several calls that share one
    /// deadline. Unset: none.
    std::optional<clock::time_point> deadline;
    /// Unset: the client's.
    std::optional<retry_options> retry;
    /// Added to the client's default headers; a field of the same name replaces the default. Rejected, because the
    /// client sets them or they concern the connection: `Accept-Encoding`, `Authorization`, `Connection`,
    /// `Content-Length`, `Content-Type`, `Expect`, `Host`, `Keep-Alive`, `Proxy-Authorization`, `Proxy-Connection`,
    /// `TE`, `Trailer`, `Transfer-Encoding`, `Upgrade`, `User-Agent`, `X-API-Key`, `X-Request-ID`, `X-Session-Id`.
    header_list headers;
    /// Sent as `X-Request-ID` of the first attempt; later attempts append `-2`, `-3`, …. At most 128 characters of
    /// visible ASCII. Empty: generated by the client.
    std::string request_id;
    call_priority priority = call_priority::normal;
    /// Waiting calls of the same priority are scheduled round-robin by this key, so that one busy agent does not hold
    /// up the others. Empty: the session that the call is about or runs under; a call with neither, such as a create,
    /// counts as a key of its own.
    std::string fairness_key;
    /// The parent of the call, such as the `traceparent` (W3C Trace Context) of the caller's span. Passed to the
    /// observer (`call_event::trace_parent`), not sent. Empty: none.
    std::string trace_parent;
    /// Sent as `X-Session-Id`; see `applied_session`.
    std::optional<applied_session> session;
    /// Filled before the call completes. Null: not wanted. The object must live until the call completes.
    response_info* info = nullptr;
};

static_assert(!std::is_aggregate_v<call_options>);

} // namespace sipher
