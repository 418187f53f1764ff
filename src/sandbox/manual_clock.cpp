#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace sipher::testing {

namespace {

/// Outlives its alarm: a wake-up already in flight learns here that it is obsolete.
struct alarm_record {
    alarm_record(boost::asio::any_io_executor where, std::function<void()> what)
        : executor(std::move(where)), on_wake(std::move(what))
    {
    }

    const boost::asio::any_io_executor executor;
    const std::function<void()> on_wake;
    clock::time_point when = clock::time_point::max();
    /// Counts arrangements, so that a wake-up can check whether its own is still current.
    std::uint64_t arrangement = 0;
};

using record_pointer = std::shared_ptr<alarm_record>;

} // namespace

struct manual_clock::state {
    using wall_nanoseconds = std::chrono::sys_time<std::chrono::nanoseconds>;

    mutable std::mutex mutex;
    /// Not zero, so that differences to earlier times are valid.
    time_point now{std::chrono::hours{24}};
    /// How far `boot_now` is ahead.
    std::chrono::nanoseconds suspended{};
    wall_nanoseconds wall;
    std::vector<record_pointer> records;
    /// An alarm was set.
    std::condition_variable arranged;

    /// Requires the mutex to be held.
    [[nodiscard]] time_point earliest() const
    {
        time_point result = time_point::max();
        for (const record_pointer& record : records) {
            result = std::min(result, record->when);
        }
        return result;
    }
};

namespace {

using state_pointer = std::shared_ptr<manual_clock::state>;

void post_wake(const state_pointer& state, const record_pointer& record, std::uint64_t arrangement)
{
    boost::asio::post(record->executor, [state, record, arrangement] {
        {
            const std::lock_guard lock{state->mutex};
            if (record->arrangement != arrangement) {
                return;
            }
        }
        record->on_wake();
    });
}

class manual_alarm final : public clock::alarm {
public:
    manual_alarm(state_pointer state, record_pointer record) : state_(std::move(state)), record_(std::move(record))
    {
        const std::lock_guard lock{state_->mutex};
        state_->records.push_back(record_);
    }

    ~manual_alarm() override
    {
        const std::lock_guard lock{state_->mutex};
        ++record_->arrangement;
        std::erase(state_->records, record_);
    }

    void set(clock::time_point when) override
    {
        std::uint64_t arrangement = 0;
        {
            const std::lock_guard lock{state_->mutex};
            arrangement = ++record_->arrangement;
            const bool due = when <= state_->now;
            record_->when = due ? clock::time_point::max() : when;
            if (!due) {
                state_->arranged.notify_all();
                return;
            }
        }
        post_wake(state_, record_, arrangement);
    }

    void cancel() noexcept override
    {
        const std::lock_guard lock{state_->mutex};
        ++record_->arrangement;
        record_->when = clock::time_point::max();
    }

private:
    const state_pointer state_;
    const record_pointer record_;
};

} // namespace

manual_clock::manual_clock(wall_time start) : state_(std::make_shared<state>())
{
    state_->wall = start;
}

manual_clock::~manual_clock() = default;

clock::time_point manual_clock::now() const noexcept
{
    const std::lock_guard lock{state_->mutex};
    return state_->now;
}

clock::time_point manual_clock::boot_now() const noexcept
{
    const std::lock_guard lock{state_->mutex};
    return state_->now + state_->suspended;
}

clock::wall_time manual_clock::wall_now() const noexcept
{
    const std::lock_guard lock{state_->mutex};
    return std::chrono::floor<std::chrono::milliseconds>(state_->wall);
}

std::unique_ptr<clock::alarm> manual_clock::make_alarm(boost::asio::any_io_executor executor,
                                                       std::function<void()> on_wake)
{
    return std::make_unique<manual_alarm>(state_,
                                          std::make_shared<alarm_record>(std::move(executor), std::move(on_wake)));
}

void manual_clock::advance(std::chrono::nanoseconds by)
{
    std::multimap<time_point, std::pair<record_pointer, std::uint64_t>> due;
    {
        const std::lock_guard lock{state_->mutex};
        state_->now += by;
        state_->wall += by;
        for (const record_pointer& record : state_->records) {
            if (record->when <= state_->now) {
                due.emplace(record->when, std::pair{record, record->arrangement});
                record->when = time_point::max();
            }
        }
    }
    for (const auto& [when, wake_up] : due) {
        post_wake(state_, wake_up.first, wake_up.second);
    }
}

void manual_clock::advance_until(const std::function<bool()>& done, std::chrono::nanoseconds horizon)
{
    while (!done()) {
        std::chrono::nanoseconds by{};
        {
            std::unique_lock lock{state_->mutex};
            const auto is_near = [this, &by, horizon] {
                const time_point next = state_->earliest();
                by = next - state_->now;
                return next != time_point::max() && by <= horizon;
            };
            // Changes of `done` are not signalled, so it is polled.
            if (!state_->arranged.wait_for(lock, std::chrono::milliseconds{1}, is_near)) {
                continue;
            }
        }
        advance(by);
    }
}

void manual_clock::suspend(std::chrono::nanoseconds by)
{
    const std::lock_guard lock{state_->mutex};
    state_->suspended += by;
    state_->wall += by;
}

void manual_clock::advance_wall(std::chrono::milliseconds by)
{
    const std::lock_guard lock{state_->mutex};
    state_->wall += by;
}

clock::time_point manual_clock::next_alarm() const noexcept
{
    const std::lock_guard lock{state_->mutex};
    return state_->earliest();
}

} // namespace sipher::testing
