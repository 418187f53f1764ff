#pragma once

#include <sipher/clock.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>

namespace sipher::detail {

/// What time it is at the service.
///
/// A stamp in an answer lies between the sending of its request and its arrival, and so bounds how far the service's
/// clock is ahead of ours; what several stamps say together is narrower. The local civil time counts only until the
/// first stamp, and where it shows that the machine was suspended.
///
/// Thread safety: all members may be called from any thread.
class service_clock {
public:
    /// A stamp of the service's clock, with the time that passed on ours while it was made.
    struct stamp {
        stamp(clock::wall_time time, std::chrono::milliseconds precision) : earliest(time), latest(time + precision) {}

        clock::wall_time earliest;
        /// A `Date` without fractions was made up to a second later than it says.
        clock::wall_time latest;
    };

    /// The precision of the stamps in answers' bodies.
    static constexpr std::chrono::milliseconds exact{1};

    void learn(const stamp& seen, clock::time_point sent, clock::time_point received, clock::wall_time wall);

    /// A stamp of a second's precision is worth reading: the last one is some time ago.
    [[nodiscard]] bool is_stale(clock::time_point now) const noexcept;

    /// So is one of a millisecond's precision.
    [[nodiscard]] bool is_inexact(clock::time_point now) const noexcept;

    /// The latest that it may be there.
    [[nodiscard]] clock::wall_time latest(clock::time_point now, clock::wall_time wall) const;

private:
    using offset = std::chrono::nanoseconds;

    /// How far the service's time since 1970 is ahead of our steady clock, at least and at most.
    struct bounds {
        offset least;
        offset most;
    };

    [[nodiscard]] bounds widened(clock::time_point now) const;

    mutable std::mutex mutex_;
    std::optional<bounds> known_;
    clock::time_point learned_{};
    /// Our civil time less our steady one when the last stamp was seen.
    offset civil_{};
    std::atomic<clock::time_point::rep> fresh_until_ = clock::time_point::min().time_since_epoch().count();
    std::atomic<clock::time_point::rep> exact_until_ = clock::time_point::min().time_since_epoch().count();
};

} // namespace sipher::detail
