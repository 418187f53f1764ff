#include "pool/deferred_work.hpp"
#include "pool/pool.hpp"
#include "pool/prewarm_op.hpp"

#include <sipher/error_code.hpp>

namespace sipher::detail {

void pool::on_connection_closed(connection& closed, idle_end how) noexcept
{
    deferred_work work{watcher_.get()};
    const std::lock_guard lock{mutex_};
    for (pool_entry& entry : entries_) {
        if (entry.open_connection.get() == &closed && entry.is_linked()) {
            core_.forget_idle(entry);
            discard(entry, how == idle_end::unsolicited ? close_reason::unsolicited : close_reason::peer, work);
            return;
        }
    }
}

void pool::arm_expiry(clock::time_point when)
{
    if (when < expiry_at_) {
        expiry_at_ = when;
        timers_->arm(*this, when);
    }
}

void pool::on_timer()
{
    deferred_work work{watcher_.get()};
    std::vector<pooled*> expired;
    const std::lock_guard lock{mutex_};
    expiry_at_ = clock::time_point::max();
    core_.expire_idle(time(), false, expired);
    discard_all(expired, close_reason::expired, work);
    arm_expiry(core_.next_expiry());
}

void lease::drop_contemporaries() noexcept
{
    owner_->drop_contemporaries(*entry_);
}

void pool::drop_contemporaries(const pool_entry& stale) noexcept
{
    deferred_work work{watcher_.get()};
    std::vector<pooled*> expired;
    const std::lock_guard lock{mutex_};
    core_.expire_contemporaries(stale, expired);
    discard_all(expired, close_reason::peer, work);
}

void pool::close_idle(deferred_work& work)
{
    std::vector<pooled*> idle;
    core_.expire_idle(time(), true, idle);
    discard_all(idle, close_reason::client_closed, work);
}

void pool::fail_waiters(deferred_work& work)
{
    while (pool_waiter* const waiter = core_.pop_waiter()) {
        work.complete(*waiter, not_acquired(errc::client_closed));
    }
    end_prewarms(nullptr, work);
}

void pool::drain()
{
    deferred_work work{watcher_.get()};
    const std::lock_guard lock{mutex_};
    closed_ = true;
    close_idle(work);
    fail_waiters(work);
}

void pool::close() noexcept
{
    drain();
    std::vector<std::shared_ptr<connection>> busy;
    std::vector<std::shared_ptr<pending_connect>> dials;
    {
        const std::lock_guard lock{mutex_};
        for (const pool_entry& entry : entries_) {
            busy.push_back(entry.open_connection);
        }
        dials.assign(dials_.begin(), dials_.end());
    }
    for (const auto& each : busy) {
        each->close(errc::client_closed, true);
    }
    for (const auto& each : dials) {
        if (each) {
            each->cancel();
        }
    }
}

void pool::abandon() noexcept
{
    std::vector<std::shared_ptr<acquire_op>> waiters;
    std::vector<std::shared_ptr<connection>> connections;
    std::list<std::shared_ptr<pending_connect>> dials;
    std::list<std::shared_ptr<prewarm_op>> prewarms;
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        prewarms.swap(prewarms_);
        while (pool_waiter* const waiter = core_.pop_waiter()) {
            waiters.push_back(std::move(static_cast<acquire_op&>(*waiter).self));
        }
        for (const pool_entry& entry : entries_) {
            connections.push_back(entry.open_connection);
        }
        dials.swap(dials_);
    }
    for (const auto& each : connections) {
        each->abandon();
    }
    source_->abandon();
}

client_stats pool::stats() const
{
    const std::lock_guard lock{mutex_};
    client_stats snapshot = stats_;
    snapshot.open = core_.open();
    snapshot.idle = core_.idle();
    snapshot.busy = core_.busy();
    snapshot.dialing = core_.dialing();
    snapshot.waiting = core_.waiting();
    return snapshot;
}

} // namespace sipher::detail
