#pragma once

#include <sipher/config.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace sipher {

/// A client's source of time. `system_clock()` is the default; `testing::manual_clock` stands still until
/// a test moves it, so that timeouts, backoff and expiry can be tested without waiting.
///
/// Thread safety: all members may be called from any thread.
class SIPHER_API clock {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

    /// One pending wake-up. Destroying it cancels it.
    class SIPHER_API alarm {
    public:
        alarm() = default;
        alarm(const alarm&) = delete;
        alarm& operator=(const alarm&) = delete;
        virtual ~alarm();

        /// Schedules one call of the function passed to `make_alarm` at `when` or soon after, on its executor and never
        /// from within this call. Replaces an earlier `set`.
        virtual void set(time_point when) = 0;
        virtual void cancel() noexcept = 0;
    };

    clock() = default;
    clock(const clock&) = delete;
    clock& operator=(const clock&) = delete;
    virtual ~clock();

    /// Monotonic time; deadlines use it.
    [[nodiscard]] virtual time_point now() const noexcept = 0;
    /// As `now`, but includes time during which the machine was suspended (Linux: `CLOCK_BOOTTIME`). Session expiry
    /// uses it. Only differences between its own values are meaningful. By default: `now()`.
    [[nodiscard]] virtual time_point boot_now() const noexcept;
    /// Wall-clock time; used only for comparison with that of peers (certificates, a `Retry-After` that is a date) and
    /// for the age of idle connections.
    [[nodiscard]] virtual wall_time wall_now() const noexcept = 0;
    /// An alarm that calls `on_wake` on `executor`. A call already in flight when the alarm is destroyed may still
    /// happen: `on_wake` must guard against it.
    [[nodiscard]] virtual std::unique_ptr<alarm> make_alarm(boost::asio::any_io_executor executor,
                                                            std::function<void()> on_wake) = 0;
};

/// The real time.
[[nodiscard]] SIPHER_API std::shared_ptr<clock> system_clock();

} // namespace sipher
