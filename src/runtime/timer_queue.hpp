#pragma once

#include <sipher/clock.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace sipher::detail {

class timer_queue;

/// A target to call when its time is due.
class timer_target : public std::enable_shared_from_this<timer_target> {
public:
    timer_target() = default;
    timer_target(const timer_target&) = delete;
    timer_target& operator=(const timer_target&) = delete;

    /// Called without locks, once for each time set by `timer_queue::arm` and not cancelled by `disarm`. It may race
    /// with a `disarm` on another thread, so the target checks whether its time is really due. Its exceptions leave the
    /// execution context's `run()`; after `bad_alloc` it is called again a moment later.
    virtual void on_timer() = 0;

protected:
    virtual ~timer_target() = default;

private:
    friend class timer_queue;
    static constexpr std::size_t not_armed = static_cast<std::size_t>(-1);

    std::size_t position_ = not_armed;
};

/// All deadlines of a client behind one alarm.
///
/// Nearly every deadline is cancelled before it expires, and later deadlines are armed later, so arming and disarming
/// touch only a heap in memory; the alarm is reset only when a deadline earlier than its own is armed.
class timer_queue {
public:
    [[nodiscard]] static std::shared_ptr<timer_queue> make(boost::asio::any_io_executor executor,
                                                           std::shared_ptr<clock> time);

    /// Sets or changes the target's time. `time_point::max()` disarms.
    void arm(timer_target& target, clock::time_point when);
    /// The same; false: it could not be set, as without memory.
    [[nodiscard]] bool try_arm(timer_target& target, clock::time_point when) noexcept
    try {
        arm(target, when);
        return true;
    } catch (...) {
        return false;
    }
    /// Must be called before the target is destroyed.
    void disarm(timer_target& target) noexcept;
    /// Disarms all targets and releases the alarm; targets armed later never fire.
    void stop() noexcept;

    [[nodiscard]] clock& time() const noexcept { return *time_; }

private:
    explicit timer_queue(std::shared_ptr<clock> time) : time_(std::move(time)) {}

    /// The time is stored beside the target pointer, so that sorting does not dereference targets, which are scattered
    /// in memory.
    struct entry {
        clock::time_point when;
        timer_target* target;
    };
    /// Children of each heap node; siblings share a cache line.
    static constexpr std::size_t children = 4;

    /// Delay before a target that was out of memory is called again.
    static constexpr std::chrono::milliseconds without_memory{100};

    void wake();
    /// Removes the next due target, or sets the alarm.
    [[nodiscard]] std::shared_ptr<timer_target> next_due();
    void place(std::size_t position, const entry& moved) noexcept;
    void sift_up(std::size_t position) noexcept;
    void sift_down(std::size_t position) noexcept;
    void remove(timer_target& target) noexcept;
    void set_alarm();

    const std::shared_ptr<clock> time_;
    std::mutex mutex_;
    std::unique_ptr<clock::alarm> alarm_;
    clock::time_point alarm_at_ = clock::time_point::max();
    std::vector<entry> heap_;
};

} // namespace sipher::detail
