#include "pool/pool.hpp"

#include "pool/deferred_work.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <boost/system/errc.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace sipher::detail {

void pool::acquire_op::on_timer()
{
    if (const auto owner = owner_.lock()) {
        owner->stop_waiting(*this, not_acquired(errc::pool_timeout));
    }
}

void pool::acquire_op::connect_cancellation()
{
    if (auto slot = done.slot(); slot.is_connected()) {
        slot.assign([weak = std::weak_ptr<timer_target>{shared_from_this()}](boost::asio::cancellation_type) {
            if (const auto target = std::static_pointer_cast<acquire_op>(weak.lock())) {
                if (const auto owner = target->owner_.lock()) {
                    owner->stop_waiting(*target, not_acquired(boost::asio::error::operation_aborted));
                }
            }
        });
    }
}

pool::pool(boost::asio::any_io_executor executor, const pool_options& options, std::unique_ptr<connector> source,
           std::shared_ptr<timer_queue> timers, std::shared_ptr<jitter> chance, std::shared_ptr<observer> watcher)
    : executor_(std::move(executor)), options_(options), source_(std::move(source)), timers_(std::move(timers)),
      jitter_(std::move(chance)), watcher_(std::move(watcher)),
      core_(pool_rules{options.max_connections, options.max_waiting, options.max_idle.value_or(options.max_connections),
                       options.idle_timeout})
{
}

pool::~pool()
{
    timers_->disarm(*this);
}

pool_time pool::time() const
{
    return {timers_->time().now(), timers_->time().wall_now()};
}

lease pool::try_acquire(bool careful, clock::time_point now)
{
    deferred_work work{watcher_.get()};
    pooled_list expired;
    const std::lock_guard lock{mutex_};
    if (closed_) {
        return {};
    }
    pooled* const found = core_.take_idle({now, timers_->time().wall_now()}, careful, expired);
    discard_all(expired, close_reason::expired, work);
    if (found == nullptr) {
        return {};
    }
    stats_.reused += found->has_carried ? 1 : 0;
    return lease{self(), static_cast<pool_entry&>(*found)};
}

void pool::wait(clock::time_point deadline, completion<acquire_result> done)
{
    const auto op = std::make_shared<acquire_op>(self(), std::move(done));
    op->connect_cancellation();
    deferred_work work{watcher_.get()};
    const std::lock_guard lock{mutex_};
    // Before it is in the queue: should memory run out, nothing is left there.
    timers_->arm(*op, deadline);
    op->self = op;
    if (closed_) {
        work.complete(*op, not_acquired(errc::client_closed));
    } else if (!core_.enqueue(*op)) {
        work.complete(*op, not_acquired(errc::pool_overloaded, "pool.max_waiting calls wait for a connection already"));
    } else {
        begin_dials(work);
    }
}

void pool::stop_waiting(acquire_op& op, acquire_result result)
{
    deferred_work work{watcher_.get()};
    const std::lock_guard lock{mutex_};
    if (!op.waiting) {
        return;
    }
    core_.remove(op);
    if (result.code == errc::pool_timeout) {
        result.problem = last_failure_.empty() ? "no connection became free in time"
                                               : "no connection in time; the last one failed: " + last_failure_;
        for (const auto& each : dials_) {
            result.reached = std::max(result.reached, each.pending ? each.pending->reached() : phase::waiting);
        }
        if (result.reached != phase::waiting) {
            result.problem += std::string{"; the one being made has come to: "} + to_string(result.reached);
        }
    }
    work.complete(op, std::move(result));
}

void pool::begin_dials(deferred_work& work)
{
    pooled_list evicted;
    const std::size_t count = core_.begin_dials(evicted);
    discard_all(evicted, close_reason::expired, work);
    dial(count, work);
}

void pool::dial(std::size_t count, deferred_work& work) noexcept
{
    for (std::size_t i = 0; i < count; ++i) {
        const auto position = dials_.end();
        try {
            const auto begun = dials_.emplace(position);
            begun->place.emplace_back();
            begun->pending = source_->connect([weak = std::weak_ptr<pool>{self()}, begun](connect_result result) {
                if (const auto owner = weak.lock()) {
                    owner->on_connect_result(begun, std::move(result));
                }
            });
        } catch (const std::bad_alloc&) {
            if (!dials_.empty() && !dials_.back().pending) {
                dials_.pop_back();
            }
            connect_result failure;
            failure.code = make_error_code(boost::system::errc::not_enough_memory);
            failure.permanent = true;
            fail_dial(std::move(failure), work);
        }
    }
}

/// The failure is for the first who waits, unless others in the making are enough for all.
void pool::fail_dial(connect_result result, deferred_work& work) noexcept
{
    ++stats_.dial_failures;
    if (pool_waiter* const waiter = core_.dial_failed()) {
        acquire_result told = not_acquired(result.code, std::move(result.problem));
        told.reached = result.reached;
        told.permanent = result.permanent;
        work.complete(*waiter, std::move(told));
    }
}

void pool::on_connect_result(std::list<dial_op>::iterator position, connect_result result)
{
    std::list<dial_op> ended;
    deferred_work work{watcher_.get()};
    const std::lock_guard lock{mutex_};
    if (dials_.empty()) {
        // Abandoned: nobody is left to use it.
        return;
    }
    ended.splice(ended.end(), dials_, position);
    if (result.made) {
        adopt(ended.front(), result, work);
    } else {
        last_failure_ = result.problem;
        end_prewarms(&result, work);
        fail_dial(std::move(result), work);
    }
    if (!closed_) {
        begin_dials(work);
    }
    end_prewarms(nullptr, work);
}

void pool::adopt(dial_op& ended, connect_result& result, deferred_work& work)
{
    ++stats_.dialed;
    stats_.resumed += result.resumed ? 1 : 0;
    last_failure_.clear();
    const pool_time time_now = time();
    const auto position = ended.place.begin();
    entries_.splice(entries_.end(), ended.place);
    position->position = position;
    position->open_connection = std::move(result.made);
    position->opened = time_now.now;
    if (options_.max_lifetime.count() != 0) {
        position->dies_at = time_now.now + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                               options_.max_lifetime * (0.9 + 0.2 * jitter_->unit()));
    }
    position->margin = std::max<std::chrono::nanoseconds>(position->margin, 2 * result.round_trip);
    position->open_connection->open(std::static_pointer_cast<pool>(shared_from_this()));
    const pool_core::give_back_result handed = core_.dial_succeeded(*position, time_now);
    if (closed_) {
        core_.forget_idle(*position);
        discard(*position, close_reason::client_closed, work);
    } else if (handed.what == pool_core::fate::to_waiter) {
        grant(*handed.waiter, *position, work);
    } else {
        place(*position, handed.what, work);
    }
}

void pool::grant(pool_waiter& waiter, pool_entry& entry, deferred_work& work)
{
    acquire_result granted;
    granted.granted = lease{self(), entry};
    work.complete(waiter, std::move(granted));
}

void pool::give_back(pool_entry& entry, bool answered, bool reusable, std::optional<std::chrono::seconds> hint) noexcept
{
    entry.open_connection->trim();
    const bool usable = reusable && entry.open_connection->is_open();
    deferred_work work{watcher_.get()};
    const std::lock_guard lock{mutex_};
    ++entry.requests;
    settle(entry, core_.give_back(entry, usable && !closed_, hint, time()), answered, work);
}

void pool::give_back_unused(pool_entry& entry) noexcept
{
    const bool usable = entry.open_connection->is_open();
    deferred_work work{watcher_.get()};
    const std::lock_guard lock{mutex_};
    settle(entry, usable && !closed_ ? core_.give_back_unused(entry) : core_.give_back(entry, false, {}, time()), true,
           work);
}

void pool::settle(pool_entry& entry, const pool_core::give_back_result& result, bool answered, deferred_work& work)
{
    switch (result.what) {
    case pool_core::fate::to_waiter:
        stats_.reused += entry.has_carried ? 1 : 0;
        grant(*result.waiter, entry, work);
        break;
    case pool_core::fate::idle:
    case pool_core::fate::closed_surplus: place(entry, result.what, work); break;
    case pool_core::fate::closed_expired: discard(entry, close_reason::expired, work); break;
    case pool_core::fate::closed_not_reusable:
        discard(entry, answered ? close_reason::not_reusable : close_reason::failed, work);
        break;
    }
    if (!closed_) {
        begin_dials(work);
    }
}

/// Among the idle ones, or out.
void pool::place(pool_entry& entry, pool_core::fate what, deferred_work& work)
{
    if (what == pool_core::fate::closed_surplus) {
        discard(entry, close_reason::surplus, work);
        return;
    }
    if (!entry.open_connection->is_open()) {
        // It ended in the meantime, and `on_connection_closed` took it for busy.
        core_.forget_idle(entry);
        discard(entry, close_reason::peer, work);
        return;
    }
    arm_timer(pool_core::due(entry));
}

void pool::count(close_reason why)
{
    switch (why) {
    case close_reason::peer: ++stats_.closed_by_peer; break;
    case close_reason::unsolicited: ++stats_.closed_unsolicited; break;
    case close_reason::expired: ++stats_.closed_expired; break;
    case close_reason::surplus: ++stats_.closed_surplus; break;
    case close_reason::failed: ++stats_.closed_failed; break;
    case close_reason::not_reusable: ++stats_.closed_not_reusable; break;
    case close_reason::client_closed: break;
    }
}

void pool::discard(pool_entry& entry, close_reason why, deferred_work& work) noexcept
{
    count(why);
    entry.ends_because = why;
    entry.age = timers_->time().now() - entry.opened;
    work.to_close.splice(work.to_close.end(), entries_, entry.position);
}

void pool::discard_all(pooled_list& connections, close_reason why, deferred_work& work) noexcept
{
    while (!connections.empty()) {
        auto& first = static_cast<pool_entry&>(connections.front());
        connections.pop_front();
        discard(first, why, work);
    }
}

} // namespace sipher::detail
