#pragma once

#include <sipher/config.hpp>

#include <chrono>
#include <type_traits>

namespace sipher {

/// When a failed attempt is followed by another. What may be repeated at all is not an option: a create, and any
/// other request that is not idempotent, is sent again only where the first one is proven not applied.
struct SIPHER_API retry_options {
    retry_options() = default;

    /// Attempts of one call, the first one included. 1 turns retrying off; 0 is invalid.
    unsigned max_attempts = 3;
    /// Upper bound of the first wait. Each wait is drawn evenly from zero to its bound ("full jitter").
    /// Zero: no wait.
    std::chrono::milliseconds base_delay{100};
    /// As `base_delay`, after a 429 or 503 that names no `Retry-After`.
    std::chrono::milliseconds throttled_base_delay{1000};
    /// Each bound is twice the one before, up to this. It does not shorten a `Retry-After`.
    std::chrono::milliseconds max_delay{5000};
    /// Whether an update whose first attempt may have been applied is repeated. Without other writers that is
    /// harmless; with them, the repetition may overwrite what they wrote in between.
    bool retry_updates = true;
    /// Tokens of the client's retry budget: a retry takes 5, one after a timeout 10; a call that succeeds at once
    /// gives back 1. An empty budget stops retries, so that a dead service is not met by a storm.
    /// Zero: retries are not budgeted. Read from the client's options only.
    unsigned budget = 50;
};

static_assert(!std::is_aggregate_v<retry_options>);

} // namespace sipher
