#pragma once

#include <sipher/clock.hpp>
#include <sipher/config.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <memory>

namespace sipher::testing {

/// A clock that stands still until it is moved: for tests of timeouts, backoff and expiry that do not wait.
///
/// Thread safety: all members may be called from any thread.
class SIPHER_API manual_clock : public clock {
public:
    /// Starts at a fixed point of time, 2026-11-23T20:00:00Z, by default.
    explicit manual_clock(wall_time start = wall_time{std::chrono::milliseconds{1'795'464'000'000}});
    ~manual_clock() override;

    [[nodiscard]] time_point now() const noexcept override;
    [[nodiscard]] time_point boot_now() const noexcept override;
    [[nodiscard]] wall_time wall_now() const noexcept override;
    [[nodiscard]] std::unique_ptr<alarm> make_alarm(boost::asio::any_io_executor executor,
                                                    std::function<void()> on_wake) override;

    /// Moves all times forward and posts every alarm that has come due to its executor.
    void advance(std::chrono::nanoseconds by);
    /// Advances to one alarm after the other until `done()`, waiting for those that are not set yet. Alarms that are
    /// further away than `horizon` are left alone: with the longest wait that is to pass at once, a backoff passes and
    /// the timeout of a request that is really under way does not. Returns only when `done()`, which is asked before
    /// each step and every millisecond in between.
    void advance_until(const std::function<bool()>& done, std::chrono::nanoseconds horizon);
    /// The same until a result is there, such as that of a call with `asio::use_future`.
    template <class T>
    void advance_until(const std::future<T>& result, std::chrono::nanoseconds horizon)
    {
        const auto is_there = [&result] {
            return result.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
        };
        advance_until(std::function<bool()>{is_there}, horizon);
    }
    /// As a machine that was suspended: `boot_now` and the civil time move, `now` and so the alarms do not.
    void suspend(std::chrono::nanoseconds by);
    /// Moves only the civil time, forward or back, as when the clock is set.
    void advance_wall(std::chrono::milliseconds by);
    /// The earliest alarm that is set, or `time_point::max()`.
    [[nodiscard]] time_point next_alarm() const noexcept;

    struct state;

private:
    std::shared_ptr<state> state_;
};

} // namespace sipher::testing
