#pragma once

#include <sipher/clock.hpp>
#include <sipher/config.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <memory>

namespace sipher::testing {

/// A clock that stands still until advanced: for tests of timeouts, backoff and expiry without waiting.
///
/// Thread safety: all members may be called from any thread.
class SIPHER_API manual_clock : public clock {
public:
    /// Starts at a fixed point in time, by default 2026-11-23T20:00:00Z.
    explicit manual_clock(wall_time start = wall_time{std::chrono::milliseconds{1'795'464'000'000}});
    ~manual_clock() override;

    [[nodiscard]] time_point now() const noexcept override;
    [[nodiscard]] time_point boot_now() const noexcept override;
    [[nodiscard]] wall_time wall_now() const noexcept override;
    [[nodiscard]] std::unique_ptr<alarm> make_alarm(boost::asio::any_io_executor executor,
                                                    std::function<void()> on_wake) override;

    /// Moves all times forward and posts every due alarm to its executor.
    void advance(std::chrono::nanoseconds by);
    /// Advances from alarm to alarm until `done()`, waiting for alarms not set yet. Alarms further away than `horizon`
    /// are left alone (zero: all alarms in the future): set it to the longest wait to skip, so that a backoff passes
    /// but the timeout of a request actually in progress does not. Returns only when `done()`, which is polled before
    /// each step and every millisecond in between.
    void advance_until(const std::function<bool()>& done, std::chrono::nanoseconds horizon);
    /// The same until a result is ready, such as that of a call with `asio::use_future`.
    template <class T>
    void advance_until(const std::future<T>& result, std::chrono::nanoseconds horizon)
    {
        const auto is_there = [&result] {
            return result.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
        };
        advance_until(std::function<bool()>{is_there}, horizon);
    }
    /// Simulates a suspended machine: `boot_now` and wall-clock time advance; `now`, and thus the alarms, do not.
    void suspend(std::chrono::nanoseconds by);
    /// Moves only wall-clock time, forward or back, as when the clock is set.
    void advance_wall(std::chrono::milliseconds by);
    /// The earliest alarm that is set, or `time_point::max()`.
    [[nodiscard]] time_point next_alarm() const noexcept;

    struct state;

private:
    std::shared_ptr<state> state_;
};

} // namespace sipher::testing
