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

/// Something that is called when its time has come.
class timer_target : public std::enable_shared_from_this<timer_target> {
public:
    timer_target() = default;
    timer_target(const timer_target&) = delete;
    timer_target& operator=(const timer_target&) = delete;

    /// Called without locks, once for each time that `timer_queue::arm` set and `disarm` did not take back. It may
    /// race with a `disarm` on another thread, so the target looks whether its time has really come. What it throws
    /// comes out of the execution context; for lack of memory it is called again a moment later.
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
/// Nearly every deadline is taken back before it comes, and later ones are armed later, so arming and disarming
/// touch only a heap in memory; the alarm is set anew only when an earlier deadline than its own appears.
class timer_queue : public std::enable_shared_from_this<timer_queue> {
public:
    [[nodiscard]] static std::shared_ptr<timer_queue> make(boost::asio::any_io_executor executor,
                                                           std::shared_ptr<clock> time);

    /// Sets or changes the target's time. `time_point::max()` disarms.
    void arm(timer_target& target, clock::time_point when);
    /// Must be called before the target is destroyed.
    void disarm(timer_target& target) noexcept;
    /// Forgets everything and lets go of the alarm; what is armed later never fires.
    void stop() noexcept;

    [[nodiscard]] clock& time() const noexcept { return *time_; }

private:
    explicit timer_queue(std::shared_ptr<clock> time) : time_(std::move(time)) {}

    /// The time stands beside the target, so that sorting does not look at targets, which may be anywhere in memory.
    struct entry {
        clock::time_point when;
        timer_target* target;
    };
    /// Of each node of the heap: those of one share a cache line.
    static constexpr std::size_t children = 4;

    /// Until what had no memory for its deadline is called again.
    static constexpr std::chrono::milliseconds without_memory{100};

    void wake();
    /// Takes out the next whose time has come, or sets the alarm.
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
