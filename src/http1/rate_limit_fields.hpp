#pragma once

#include "http1/rate_policy.hpp"

#include <sipher/clock.hpp>
#include <sipher/response_info.hpp>

#include <boost/container/static_vector.hpp>

#include <cstdint>
#include <string_view>

namespace sipher::detail {

/// A response's statement about one policy of the rate limit, with a name to recognize it by.
struct rate_policy_state {
    rate_policy_state() = default;

    /// 0: it has none.
    std::uint64_t name = 0;
    rate_limit_state state;
};

/// A response header's statements about the rate limit.
///
/// It reads `RateLimit-Limit`, `-Remaining`, `-Reset` and `-Policy`, the structured fields `RateLimit` and
/// `RateLimit-Policy` of the later drafts, and, if none of these states what remains, `X-RateLimit-…`. Malformed or
/// implausible values, and those that count anything but requests, are ignored; docs/limits.md has the table.
class rate_limit_fields {
public:
    using state_list = boost::container::static_vector<rate_policy_state, most_rate_policies>;

    enum class field : std::uint8_t {
        other,
        state,
        policy,
        limit,
        remaining,
        reset,
        fallback_limit,
        fallback_remaining,
        fallback_reset,
    };

    void clear() noexcept { *this = {}; }

    [[nodiscard]] static field identify(std::string_view name);

    void read(field which, std::string_view value);

    /// The policies that count requests, with plausible values: no window ends later than its length from now.
    /// @param date The response's `Date`, with which an end given as an instant is compared; if missing, the clock's
    /// wall-clock time is used.
    [[nodiscard]] state_list plausible(std::string_view date, const clock& time) const;

private:
    void read_limit(std::string_view value);
    void read_policies(std::string_view value);
    void read_state(std::string_view value);
    [[nodiscard]] rate_policy single() const;
    static void add(state_list& all, const rate_policy& policy, std::string_view date, const clock& time);

    /// From the fields with one number each.
    rate_policy single_;
    /// From `X-RateLimit-…`.
    rate_policy fallback_;
    rate_policy_list policies_;
};

/// Of several policies, the one that stops requests first, for interfaces that report only one.
[[nodiscard]] rate_limit_state tightest(const rate_limit_fields::state_list& policies);

} // namespace sipher::detail
