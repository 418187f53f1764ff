#pragma once

#include "http1/rate_policy.hpp"

#include <sipher/clock.hpp>
#include <sipher/response_info.hpp>

#include <boost/container/static_vector.hpp>

#include <cstdint>
#include <string_view>

namespace sipher::detail {

/// What a response says of one policy of the rate limit, with a name to know it again by.
struct rate_policy_state {
    rate_policy_state() = default;

    /// 0: it has none.
    std::uint64_t name = 0;
    rate_limit_state state;
};

/// What the header of one response says of the rate limit.
///
/// It reads `RateLimit-Limit`, `-Remaining`, `-Reset` and `-Policy`, the structured fields `RateLimit` and
/// `RateLimit-Policy` of the later drafts, and where none of these tells what remains, `X-RateLimit-…`. What is
/// malformed, counts something else than requests, or cannot be meant is passed over; docs/limits.md has the table.
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

    /// The policies that count requests, as they can be meant: no window ends later than its length from now.
    /// @param date That of the response, which an end that is an instant is compared with; where there is none, the
    /// clock's civil time.
    [[nodiscard]] state_list plausible(std::string_view date, const clock& time) const;

private:
    void read_limit(std::string_view value);
    void read_policies(std::string_view value);
    void read_state(std::string_view value);
    [[nodiscard]] rate_policy single() const;
    static void add(state_list& all, const rate_policy& policy, std::string_view date, const clock& time);

    /// Of the fields that have one number each.
    rate_policy single_;
    /// Of `X-RateLimit-…`.
    rate_policy fallback_;
    rate_policy_list policies_;
};

/// Of several policies the one that stops requests first, for those who get one only.
[[nodiscard]] rate_limit_state tightest(const rate_limit_fields::state_list& policies);

} // namespace sipher::detail
