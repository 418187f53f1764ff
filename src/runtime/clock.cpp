#include <sipher/clock.hpp>

#include <boost/asio/steady_timer.hpp>

#include <time.h> // NOLINT(modernize-deprecated-headers): `clock_gettime` is POSIX's

#include <cstdint>
#include <ctime>
#include <mutex>
#include <utility>

namespace sipher {

clock::alarm::~alarm() = default;
clock::~clock() = default;

clock::time_point clock::boot_now() const noexcept
{
    return now();
}

namespace {

/// Outlives its alarm: a wake-up already in flight learns here that it is obsolete.
struct alarm_state {
    alarm_state(const boost::asio::any_io_executor& executor, std::function<void()> what)
        : timer(executor), on_wake(std::move(what))
    {
    }

    /// Asio's timers must not be used by two threads at once.
    std::mutex mutex;
    boost::asio::steady_timer timer;
    const std::function<void()> on_wake;
    /// Counts arrangements, so that a wake-up can check whether its own is still current.
    std::uint64_t arrangement = 0;
};

void wake(alarm_state& state, std::uint64_t arrangement)
{
    {
        const std::lock_guard lock{state.mutex};
        if (state.arrangement != arrangement) {
            return;
        }
    }
    state.on_wake();
}

class timer_alarm final : public clock::alarm {
public:
    explicit timer_alarm(std::shared_ptr<alarm_state> state) : state_(std::move(state)) {}
    timer_alarm(const timer_alarm&) = delete;
    timer_alarm& operator=(const timer_alarm&) = delete;
    ~timer_alarm() override { withdraw(); }

    void set(clock::time_point when) override
    {
        const std::lock_guard lock{state_->mutex};
        const std::uint64_t arrangement = ++state_->arrangement;
        state_->timer.expires_at(when);
        state_->timer.async_wait(
            [state = state_, arrangement](boost::system::error_code) { wake(*state, arrangement); });
    }

    void cancel() noexcept override { withdraw(); }

private:
    void withdraw() noexcept
    {
        const std::lock_guard lock{state_->mutex};
        ++state_->arrangement;
        state_->timer.cancel();
    }

    const std::shared_ptr<alarm_state> state_;
};

class real_clock final : public clock {
public:
    [[nodiscard]] time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
    [[nodiscard]] time_point boot_now() const noexcept override
    {
        std::timespec since_boot{};
        // Fails only if the kernel has no such clock.
        if (::clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) {
            return now();
        }
        return time_point{std::chrono::seconds{since_boot.tv_sec} + std::chrono::nanoseconds{since_boot.tv_nsec}};
    }
    [[nodiscard]] wall_time wall_now() const noexcept override
    {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
    [[nodiscard]] std::unique_ptr<alarm> make_alarm(boost::asio::any_io_executor executor,
                                                    std::function<void()> on_wake) override
    {
        return std::make_unique<timer_alarm>(std::make_shared<alarm_state>(std::move(executor), std::move(on_wake)));
    }
};

} // namespace

std::shared_ptr<clock> system_clock()
{
    return std::make_shared<real_clock>();
}

} // namespace sipher
