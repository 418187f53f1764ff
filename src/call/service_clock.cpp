#include "call/service_clock.hpp"

#include <algorithm>

namespace sipher::detail {

namespace {

using namespace std::chrono_literals;

std::chrono::nanoseconds difference(clock::wall_time civil, clock::time_point steady)
{
    return civil.time_since_epoch() - steady.time_since_epoch();
}

} // namespace

/// Two clocks that were compared some time ago may have drifted apart.
service_clock::bounds service_clock::widened(clock::time_point now) const
{
    constexpr int parts_of_drift = 10'000;
    const offset drift = std::max<offset>(now - learned_, offset::zero()) / parts_of_drift;
    return {known_->least - drift, known_->most + drift};
}

void service_clock::learn(const stamp& seen, clock::time_point sent, clock::time_point received, clock::wall_time wall)
{
    constexpr std::chrono::hours ten_years{87'600};
    if (seen.earliest > wall + ten_years || seen.latest < wall - ten_years) {
        // A mistake of somebody's, and so far away that nanoseconds could not tell how far.
        return;
    }
    const bounds told{difference(seen.earliest, received), difference(seen.latest, sent)};
    const std::lock_guard lock{mutex_};
    bounds now_known = told;
    if (known_) {
        const bounds before = widened(received);
        const bounds both{std::max(before.least, told.least), std::min(before.most, told.most)};
        // Where they contradict each other, a clock was set: the newer one counts.
        now_known = both.least <= both.most ? both : told;
    }
    known_ = now_known;
    learned_ = received;
    civil_ = difference(wall, received);
    fresh_until_.store((received + 10s).time_since_epoch().count(), std::memory_order_relaxed);
    if (seen.latest - seen.earliest <= exact) {
        exact_until_.store((received + 1s).time_since_epoch().count(), std::memory_order_relaxed);
    }
}

bool service_clock::is_stale(clock::time_point now) const noexcept
{
    return now.time_since_epoch().count() >= fresh_until_.load(std::memory_order_relaxed);
}

bool service_clock::is_inexact(clock::time_point now) const noexcept
{
    return now.time_since_epoch().count() >= exact_until_.load(std::memory_order_relaxed);
}

clock::wall_time service_clock::latest(clock::time_point now, clock::wall_time wall) const
{
    const std::lock_guard lock{mutex_};
    if (!known_) {
        return wall;
    }
    // A suspended machine's steady clock stood still; its civil one did not.
    const offset suspended = std::max(difference(wall, now) - civil_, offset::zero());
    constexpr offset least_to_notice = 1s;
    const offset ahead = widened(now).most + (suspended >= least_to_notice ? suspended : offset::zero());
    return clock::wall_time{std::chrono::ceil<std::chrono::milliseconds>(now.time_since_epoch() + ahead)};
}

} // namespace sipher::detail
