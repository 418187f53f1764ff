#pragma once

#include <sipher/attempt.hpp>
#include <sipher/config.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace sipher {

using header_list = std::vector<std::pair<std::string, std::string>>;

/// The service's rate limit as its last response stated it.
struct SIPHER_API rate_limit_state {
    rate_limit_state() = default;

    /// Requests allowed in a window.
    std::optional<unsigned> limit;
    /// Requests left in this window.
    std::optional<unsigned> remaining;
    /// Time until the window ends.
    std::optional<std::chrono::seconds> reset;
    /// Length of a window.
    std::optional<std::chrono::seconds> window;
};

/// The durations of a call's stages.
struct SIPHER_API call_timings {
    call_timings() = default;

    /// From the start of the call to its end, all attempts and waits included.
    std::chrono::nanoseconds total{};
    /// From the start of the last attempt until its request begins to be written: waiting for limits, for a connection
    /// (establishing it included) and for the key provider.
    std::chrono::nanoseconds connection{};
    /// From writing the request to the last byte of the response in the last attempt.
    std::chrono::nanoseconds exchange{};
};

/// The HTTP details of a call: point `call_options::info` to one. It is filled before the call completes, whether it
/// succeeds or fails, and must live until then.
struct SIPHER_API response_info {
    response_info() = default;

    /// HTTP status; 0 if no response was received.
    unsigned status = 0;
    /// All header fields of the response, in their order.
    header_list headers;
    /// The service's `X-Request-ID`, or else the one sent.
    std::string request_id;
    /// Every attempt, in order; the last one is the one that succeeded, if one did.
    std::vector<attempt> attempts;
    call_timings timings;
    rate_limit_state rate_limit;
    /// After a success: an attempt before the last may have been applied too (only where that is harmless). After a
    /// failure: the outcome is `unknown` or `applied_result_lost`.
    bool ambiguous_prior_attempt = false;
    /// Names of the members that the session's defaults added to the request body.
    std::vector<std::string> pinned_members;

    /// The first field of this name (case-insensitive), or an empty view.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

static_assert(!std::is_aggregate_v<response_info>);
static_assert(!std::is_aggregate_v<rate_limit_state>);
static_assert(!std::is_aggregate_v<call_timings>);

} // namespace sipher
