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
    /// before anything is sent: this client has deleted it, the service has said that it does not know it, or its life
    /// is over, counted from a response about it that this client got. An empty one fails with `errc::invalid_request`.
    applied_session(session value); // NOLINT(google-explicit-constructor): a session is one to apply
    /// Applies the session by its id alone; one that is known to be gone fails as above. Nothing is pinned: if the
    /// service has lost the session, the request runs under the service's own defaults, unnoticed.
    applied_session(session_id id); // NOLINT(google-explicit-constructor)

    /// Applies the session that the live one has when the call begins, and pins what its options say.
    applied_session(const live_session& live); // NOLINT(google-explicit-constructor)

    /// (Moved-from objects keep their value.)
    applied_session(const applied_session&) = default;
    applied_session& operator=(const applied_session&) = default;
    ~applied_session() = default;

    /// The same session without pinning.
    [[nodiscard]] applied_session unpinned() const;

    [[nodiscard]] const session_id& id() const noexcept { return state_->id; }
    [[nodiscard]] const std::optional<timestamp>& expires_at() const noexcept { return state_->expires_at; }
    [[nodiscard]] const std::optional<session_defaults>& pinned() const noexcept { return state_->pinned; }
    /// Null unless it was made from a live session.
    [[nodiscard]] const std::shared_ptr<detail::shared_live_session>& live() const noexcept { return state_->live; }

private:
    friend class detail::shared_live_session;

    struct state {
        session_id id;
        std::optional<timestamp> expires_at;
        std::optional<session_defaults> pinned;
        bool never_pins = false;
        std::shared_ptr<detail::shared_live_session> live;
        /// Keeps it from being deleted while the request runs.
        std::shared_ptr<detail::owned_session> held;
    };

    explicit applied_session(state value);

    /// Apart, so that options without a session, as most are, are small.
    std::shared_ptr<const state> state_;
};

/// Who goes first where calls wait, for the rate limit or for a connection. Of each 21 calls that are let go while all
/// three wait, 16 are interactive, 4 normal and one is of the background; so none waits for ever.
enum class call_priority { interactive, normal, background };

SIPHER_API std::ostream& operator<<(std::ostream& os, call_priority value);

/// What one call does differently from the client's options.
struct SIPHER_API call_options {
    call_options() = default;

    /// All the time the call may take, waits and retries included. Unset: the client's. Zero: no limit.
    std::optional<std::chrono::milliseconds> total_timeout;
    /// All the time the call may wait for its turn: for the rate limit, the quota of the day and a connection. That
    /// then does not count in `total_timeout`. Unset: the client's. Zero: no limit.
    std::optional<std::chrono::milliseconds> queue_timeout;
    /// One attempt: writing the request and reading the response. Some routes of the service take up to 90 s. Unset:
    /// the client's. Zero: no limit but the end of the call.
    std::optional<std::chrono::milliseconds> attempt_timeout;
    /// The call ends by then, on the client's clock (`sipher::clock::now()`, that of `std::chrono::steady_clock` unless
    /// the client was given another one), also if `total_timeout` leaves more time. For several calls that share one
    /// deadline. Unset: none.
    std::optional<clock::time_point> deadline;
    /// Unset: the client's.
    std::optional<retry_options> retry;
    /// Added to the client's default headers; a field of the same name replaces the default.
    header_list headers;
    /// Sent as `X-Request-ID` of the first attempt; further ones append `-2`, `-3`, …. Empty: made by the client.
    std::string request_id;
    call_priority priority = call_priority::normal;
    /// Where calls of the same priority wait, those with the same key take turns with the others as if they were one,
    /// so that one busy agent does not hold up the rest. Empty: the session that the call is about or runs under; a
    /// call with neither, such as a create, takes turns by itself.
    std::string fairness_key;
    /// Handed to the observer (`call_event::trace_parent`), and not sent: what the call is a part of, such as the
    /// `traceparent` (W3C Trace Context) of the caller's span. Empty: nothing.
    std::string trace_parent;
    /// Sent as `X-Session-Id`, and see `applied_session`.
    std::optional<applied_session> session;
    /// Filled before the call completes. Null: not wanted. What it points to must live until the call completes.
    response_info* info = nullptr;
};

static_assert(!std::is_aggregate_v<call_options>);

} // namespace sipher
