#pragma once

#include <algorithm>
#include <chrono>

namespace sipher::detail {

/// How a client goes about a rate limit that others use as well, such as other processes at the same address.
///
/// Where what remains falls faster than by the client's own requests, there are others. Once they were seen in a
/// window, the second half of its requests is shared with them: the client spreads its own over the time that is left,
/// and leaves the last few alone, which the others may have used already. The test of a fleet needs both: without the
/// former it meets 30 refusals in ten windows instead of none, without the latter 3.
class quota_sharing {
public:
    /// Between two responses others have sent so many requests.
    void saw_others(unsigned requests) noexcept
    {
        shared_ = shared_ || requests != 0;
        // Forgotten slowly: responses that come together do not show it one by one.
        lately_ = std::max(requests, lately_ == 0 ? 0 : lately_ - 1);
    }

    void begin_window() noexcept { shared_ = false; }

    [[nodiscard]] bool applies(unsigned remaining, unsigned limit) const noexcept
    {
        return shared_ && remaining <= limit / 2;
    }

    /// The last requests of a window, which are not used.
    [[nodiscard]] unsigned left_to_others(unsigned limit) const noexcept
    {
        return std::min(lately_ + spare, limit / largest_part_left);
    }

    /// Between two requests, where `fair_share` would be right for a client that is alone.
    [[nodiscard]] std::chrono::nanoseconds pause(std::chrono::nanoseconds fair_share) const noexcept
    {
        return fair_share * (lately_ + 1);
    }

private:
    static constexpr unsigned spare = 3;
    static constexpr unsigned largest_part_left = 20;

    /// Requests of others between two responses.
    unsigned lately_ = 0;
    /// Others were seen in this window.
    bool shared_ = false;
};

} // namespace sipher::detail
