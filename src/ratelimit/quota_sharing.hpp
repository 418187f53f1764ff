#pragma once

#include <algorithm>
#include <chrono>

namespace sipher::detail {

/// How a client behaves under a rate limit that other clients also use, such as other processes at the same address.
///
/// If the remaining count falls faster than the client's own requests explain, there are other clients. Once they are
/// seen in a window, the second half of its requests is shared with them: the client spreads its own requests over the
/// remaining time, and leaves the last few unused, because the others may have used them already. The fleet test needs
/// both: without the spreading it has 30 refusals in ten windows instead of none, without the unused rest 3.
class quota_sharing {
public:
    /// Others have sent this many requests between two responses.
    void saw_others(unsigned requests) noexcept
    {
        shared_ = shared_ || requests != 0;
        // Decays slowly, because responses that arrive together do not each show the others' requests.
        lately_ = std::max(requests, lately_ == 0 ? 0 : lately_ - 1);
    }

    void begin_window() noexcept { shared_ = false; }

    [[nodiscard]] bool applies(unsigned remaining, unsigned limit) const noexcept
    {
        return shared_ && remaining <= limit / 2;
    }

    /// Number of requests at the end of a window to leave unused.
    [[nodiscard]] unsigned left_to_others(unsigned limit) const noexcept
    {
        return std::min(lately_ + spare, limit / largest_part_left);
    }

    /// The pause between two requests; `fair_share` would be that of a client without others.
    [[nodiscard]] std::chrono::nanoseconds pause(std::chrono::nanoseconds fair_share) const noexcept
    {
        return fair_share * (lately_ + 1);
    }

private:
    static constexpr unsigned spare = 3;
    static constexpr unsigned largest_part_left = 20;

    /// Requests of other clients between two responses, recently.
    unsigned lately_ = 0;
    /// Other clients were seen in this window.
    bool shared_ = false;
};

} // namespace sipher::detail
