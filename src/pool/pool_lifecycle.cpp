#include "pool/deferred_work.hpp"
#include "pool/pool.hpp"
#include "pool/prewarm_op.hpp"

#include <sipher/error_code.hpp>

#include <memory>
#include <new>
#include <utility>

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

void pool::arm_timer(clock::time_point when) noexcept
{
    if (when >= timer_at_) {
        return;
    }
    try {
        timers_->arm(*this, when);
        timer_at_ = when;
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
        // What is too old is looked at again before it is used.
    }
}

void pool::on_timer()
{
    deferred_work work{watcher_.get()};
    pooled_list expired;
    const std::lock_guard lock{mutex_};
    timer_at_ = clock::time_point::max();
    const pool_time time_now = time();
    core_.expire_idle(time_now, false, expired);
    discard_all(expired, close_reason::expired, work);
    core_.let_rest(time_now, [](pooled& idle) { static_cast<pool_entry&>(idle).open_connection->rest(); });
    arm_timer(core_.next_due());
}

lease::~lease()
{
    if (entry_ == nullptr) {
        return;
    }
    if (used_) {
        owner_->give_back(*entry_, answered_, reusable_, hint_ == no_hint ? std::nullopt : std::optional{hint_});
    } else {
        owner_->give_back_unused(*entry_);
    }
}

void lease::drop_contemporaries() noexcept
{
    owner_->drop_contemporaries(*entry_);
}

void pool::drop_contemporaries(const pool_entry& stale) noexcept
{
    deferred_work work{watcher_.get()};
    pooled_list expired;
    const std::lock_guard lock{mutex_};
    core_.expire_contemporaries(stale, expired);
    discard_all(expired, close_reason::peer, work);
}

void pool::close_idle(deferred_work& work)
{
    pooled_list idle;
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
    while (const auto busy = next_to_end(pool_entry::farewell::close)) {
        busy->close(errc::client_closed, true);
    }
    while (const auto pending = next_to_cancel()) {
        pending->cancel();
    }
}

std::shared_ptr<pool::acquire_op> pool::next_waiter() noexcept
{
    const std::lock_guard lock{mutex_};
    pool_waiter* const first = core_.pop_waiter();
    return first != nullptr ? std::move(static_cast<acquire_op*>(first)->self) : nullptr;
}

/// Those that were told go to the end of the list, so that no list of them has to be made.
std::shared_ptr<connection> pool::next_to_end(pool_entry::farewell how) noexcept
{
    const std::lock_guard lock{mutex_};
    if (entries_.empty() || entries_.front().told >= how) {
        return nullptr;
    }
    entries_.front().told = how;
    entries_.splice(entries_.end(), entries_, entries_.begin());
    return entries_.back().open_connection;
}

std::shared_ptr<pending_connect> pool::next_to_cancel() noexcept
{
    const std::lock_guard lock{mutex_};
    if (dials_.empty() || dials_.front().told_to_cancel) {
        return nullptr;
    }
    dials_.front().told_to_cancel = true;
    dials_.splice(dials_.end(), dials_, dials_.begin());
    return dials_.back().pending;
}

void pool::abandon() noexcept
{
    std::list<dial_op> dials;
    std::list<std::shared_ptr<prewarm_op>> prewarms;
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
        prewarms.swap(prewarms_);
        dials.swap(dials_);
    }
    while (const std::shared_ptr<acquire_op> dropped = next_waiter()) {
    }
    while (const auto each = next_to_end(pool_entry::farewell::abandon)) {
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
