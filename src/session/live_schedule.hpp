#pragma once

#include <sipher/clock.hpp>

#include <algorithm>
#include <chrono>

namespace sipher::detail {

/// When a live session is due for renewal or a check, and how soon another create may begin. Pure decisions: times of
/// `clock::boot_now` and a random number in [0, 1) are passed in.
class live_schedule {
public:
    using time_point = clock::time_point;
    using duration = std::chrono::nanoseconds;

    /// @param check_every Zero: never.
    explicit live_schedule(duration check_every) : check_every_(check_every) {}

    /// A create is about to begin because there is no usable session. The first three creates may begin at any time;
    /// each later one waits for a step, which starts at one second and doubles until a session has been in use for
    /// longer than two steps.
    void begin(time_point now, double random)
    {
        const bool was_of_use = is_made_ && now > begun_ + 2 * std::max(step(), shortest_step);
        in_a_row_ = was_of_use ? 0 : in_a_row_ + 1;
        is_made_ = false;
        begun_ = now;
        not_before_ = now + part_of(step(), 1 + random / 2);
    }
    /// The session was created, and lives for `life`. The first renewals of sessions started together are spread over a
    /// wide part of their lives, which keeps later renewals apart, too.
    void made(time_point now, duration life, bool is_first, double along)
    {
        renew_at_ = now + std::max(part_of(life, is_first ? 0.3 + 0.6 * along : 0.8 + 0.1 * along), least_use);
        check_at_ = is_first ? after_part_of_check(now, along) : check_at_;
        is_made_ = true;
    }
    /// The create failed, and the service asked to wait for `at_least`. A session still usable, for `left`, is renewed
    /// later.
    void failed(time_point now, duration left, duration at_least, double random)
    {
        not_before_ = std::max(not_before_, now + at_least);
        renew_at_ =
            std::max(not_before_, now + part_of(std::clamp(left / 4, shortest_step, longest_step), 0.5 + random / 2));
    }
    /// The session was found to exist with `left` remaining.
    void checked(time_point now, duration left)
    {
        renew_at_ = std::min(renew_at_, now + part_of(left, 0.9));
        check_at_ = std::min(check_at_, after_part_of_check(now, 1));
    }

    [[nodiscard]] bool may_begin(time_point now) const { return now >= not_before_; }
    [[nodiscard]] time_point not_before() const { return not_before_; }
    [[nodiscard]] bool is_renewal_due(time_point now) const { return now >= renew_at_; }
    /// True once for each due check.
    [[nodiscard]] bool take_check(time_point now)
    {
        const bool is_due = now >= check_at_;
        check_at_ = is_due ? after_part_of_check(now, 1) : check_at_;
        return is_due;
    }
    [[nodiscard]] time_point next_due() const { return std::min(renew_at_, check_at_); }

private:
    static constexpr duration shortest_step = std::chrono::seconds{1};
    static constexpr duration longest_step = std::chrono::seconds{60};
    /// Minimum time before a renewal, however short the session's life.
    static constexpr duration least_use = std::chrono::seconds{10};

    [[nodiscard]] duration step() const
    {
        return in_a_row_ < 2 ? duration{} : std::min(shortest_step * (1 << std::min(in_a_row_ - 2, 6)), longest_step);
    }
    [[nodiscard]] static duration part_of(duration whole, double part)
    {
        return std::chrono::duration_cast<duration>(whole * part);
    }
    [[nodiscard]] time_point after_part_of_check(time_point now, double part) const
    {
        return check_every_.count() == 0 ? time_point::max() : now + part_of(check_every_, part);
    }

    const duration check_every_;
    time_point renew_at_ = time_point::max();
    time_point check_at_ = time_point::max();
    time_point begun_{};
    time_point not_before_{};
    int in_a_row_ = -1;
    /// The last create succeeded.
    bool is_made_ = false;
};

} // namespace sipher::detail
