#pragma once

#include <sipher/attempt.hpp>
#include <sipher/config.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>

namespace sipher {

/// What a decision about another attempt is based on.
struct SIPHER_API retry_context {
    retry_context() = default;

    /// For example `create_session`.
    std::string_view operation;
    /// Attempts made so far, replays included; at least 1.
    std::size_t attempts = 0;
    /// Why the last one failed, and the HTTP status of its response; 0 if none was received.
    boost::system::error_code code;
    unsigned status = 0;
    /// What the last attempt may have changed on the service.
    sipher::outcome outcome = sipher::outcome::not_sent;
    /// Another attempt could apply a request that is not idempotent, such as a create, a second time.
    bool may_apply_twice = false;
    /// How long the service asked to wait.
    std::optional<std::chrono::milliseconds> retry_after;
};

static_assert(!std::is_aggregate_v<retry_context>);

/// When a failed attempt is retried. Whether a retry is safe is not an option: a create, and any other request that is
/// not idempotent, is sent again only if the previous attempts are proven not applied (unless `allow_duplicates` is
/// on).
struct SIPHER_API retry_options {
    retry_options() = default;

    /// Attempts of one call, the first one included. 1 turns retrying off; 0 is invalid. The single immediate replay
    /// after a kept-alive connection proves dead does not count here.
    unsigned max_attempts = 3;
    /// Upper bound of the first wait. Each wait is drawn uniformly from zero to its bound ("full jitter").
    /// Zero: no wait. At most `max_delay`.
    std::chrono::milliseconds base_delay{100};
    /// As `base_delay`, after a 429, 503 or 529 without `Retry-After`. Bounded by `max_delay`. Zero: no wait.
    std::chrono::milliseconds throttled_base_delay{1000};
    /// Each bound is twice the previous one, up to this. It does not shorten a `Retry-After`. Zero (`base_delay` must
    /// then be zero, too): no waits.
    std::chrono::milliseconds max_delay{5000};
    /// Whether an update whose first attempt may have been applied is retried. Without other writers that is harmless;
    /// with them, the retry may overwrite their changes in between.
    bool retry_updates = true;
    /// Tokens of the client's retry budget: a retry takes 5, a retry after a timeout 10; a call that succeeds at the
    /// first attempt returns 1, one that succeeds later what its retries took. An empty budget stops retries, so that a
    /// dead service is not flooded. Zero: no budget. Read from the client's options only.
    unsigned budget = 50;

    /// Decides instead of the client whether there is another attempt; `suggested` is what the client would do.
    /// `max_attempts`, the budget, the deadline and cancellation still stop it, and so does `may_apply_twice` unless
    /// `allow_duplicates` is on. It may be called from any thread and must not block; an exception ends the call with
    /// `errc::callback_failed`.
    /// Empty: the client decides.
    std::function<bool(const retry_context& context, bool suggested)> should_retry;
    /// Decides instead of the client how long to wait before another attempt; it cannot shorten a `Retry-After`.
    /// Otherwise as `should_retry`. Empty: the client decides.
    std::function<std::chrono::nanoseconds(const retry_context& context, std::chrono::nanoseconds suggested)> delay;
    /// Permits `should_retry` to repeat a request that may already have been applied: one create can then make several
    /// sessions, of which all but the last are lost until they expire.
    bool allow_duplicates = false;
};

static_assert(!std::is_aggregate_v<retry_options>);

} // namespace sipher
