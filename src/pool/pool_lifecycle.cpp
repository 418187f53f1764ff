#include "pool/pool.hpp"

#include <sipher/error_code.hpp>

#include <new>

namespace sipher::detail {

void pool::arm_timer(clock::time_point when) noexcept
{
    if (when < timer_at_) {
        // Without memory it is not set; the age of a connection is checked again before use.
        timer_at_ = timers_->try_arm(*this, when) ? when : clock::time_point::max();
    }
}

void pool::on_timer()
{
    pool_aftermath after{watcher_.get()};
    pooled_list expired;
    const std::lock_guard lock{mutex_};
    timer_at_ = clock::time_point::max();
    const pool_time time_now = time();
    schedule_.expire_idle(time_now, expired);
    close_all(expired, close_reason::expired, after);
    schedule_.release_idle_buffers(
        time_now, [](pooled& idle) { static_cast<pool_entry&>(idle).open_connection->release_idle_buffers(); });
    arm_timer(schedule_.next_due());
}

void pool::refuse_waiting() noexcept
{
    pool_aftermath after{watcher_.get()};
    const std::lock_guard lock{mutex_};
    end_waiting(after);
}

void pool::end_waiting(pool_aftermath& after) noexcept
{
    refusing_ = true;
    while (pool_waiter* const waiter = schedule_.pop_waiter()) {
        after.complete(*waiter, acquire_result{errc::client_closed});
    }
    prewarms_.end_all(errc::client_closed, after);
}

void pool::drain() noexcept
{
    pool_aftermath after{watcher_.get()};
    pooled_list idle;
    const std::lock_guard lock{mutex_};
    closed_ = true;
    end_waiting(after);
    schedule_.expire_all(idle);
    close_all(idle, close_reason::client_closed, after);
    while (dials_.give_up_next()) {
        static_cast<void>(schedule_.dial_failed());
    }
}

void pool::close() noexcept
{
    drain();
    const auto next = [this] {
        const std::lock_guard lock{mutex_};
        return connections_.next();
    };
    for (std::size_t left = stats().busy; left != 0; --left) {
        if (const std::shared_ptr<connection> busy = next()) {
            busy->close(errc::client_closed, true);
        }
    }
    dials_.close();
}

client_stats pool::stats() const
{
    const std::lock_guard lock{mutex_};
    client_stats snapshot = connections_.counts();
    snapshot.reused = reused_;
    snapshot.dial_failures = dial_failures_;
    snapshot.open = schedule_.open();
    snapshot.idle = schedule_.idle();
    snapshot.busy = schedule_.busy();
    snapshot.dialing = schedule_.dialing();
    snapshot.waiting = schedule_.waiting();
    return snapshot;
}

} // namespace sipher::detail
