#include "pool/pool.hpp"

#include <sipher/error_code.hpp>

#include <boost/system/errc.hpp>

#include <algorithm>
#include <new>
#include <string>
#include <utility>

namespace sipher::detail {

pool::pool(boost::asio::any_io_executor executor, const pool_options& options, std::unique_ptr<connector> source,
           std::shared_ptr<timer_queue> timers, std::shared_ptr<random_source> random,
           std::shared_ptr<observer> event_observer)
    : executor_(std::move(executor)), timers_(std::move(timers)), watcher_(std::move(event_observer)),
      schedule_(pool_rules{options.max_connections, options.max_waiting,
                           options.max_idle.value_or(options.max_connections), options.idle_timeout}),
      dials_(std::move(source)), connections_(options.max_lifetime, std::move(random))
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
    pool_aftermath after{watcher_.get()};
    const std::lock_guard lock{mutex_};
    pooled* const found = closed_ ? nullptr : take_idle(careful, now, after);
    if (found == nullptr) {
        return {};
    }
    reused_ += found->has_carried ? 1 : 0;
    return lease{self(), static_cast<pool_entry&>(*found)};
}

pooled* pool::take_idle(bool careful, clock::time_point now, pool_aftermath& after) noexcept
{
    pooled_list expired;
    pooled* const found = schedule_.take_idle({now, timers_->time().wall_now()}, careful, expired);
    close_all(expired, close_reason::expired, after);
    return found;
}

void pool::wait(const pool_request& asked, completion<acquire_result> done)
{
    try {
        const auto call = std::make_shared<pool_call>(self(), timers_, asked);
        call->connect_cancellation(done.slot());
        pool_aftermath after{watcher_.get()};
        const std::lock_guard lock{mutex_};
        timers_->arm(*call, asked.deadline);
        call->done = std::move(done);
        call->self = call;
        admit(*call, after);
    } catch (const std::bad_alloc&) {
        std::move(done).post(acquire_result{make_error_code(boost::system::errc::not_enough_memory)});
    }
}

void pool::admit(pool_call& call, pool_aftermath& after) noexcept
{
    if (closed_ || (refusing_ && !call.cleans_up)) {
        after.complete(call, acquire_result{errc::client_closed});
        return;
    }
    if (call.ready) {
        prewarms_.add(call);
        dial(schedule_.begin_spare_dials(*call.ready), after);
    } else if (pooled* const found = take_idle(call.careful, timers_->time().now(), after)) {
        // It has become free since the call's `try_acquire`.
        grant(call, static_cast<pool_entry&>(*found), after);
    } else if (!schedule_.enqueue(call)) {
        after.complete(call, overloaded());
    }
    go_on(after);
}

void pool::give_up(pool_call& call, boost::system::error_code why) noexcept
{
    pool_aftermath after{watcher_.get()};
    const std::lock_guard lock{mutex_};
    if (!call.waiting) {
        return;
    }
    if (call.ready) {
        prewarms_.remove(call);
        after.complete(call, acquire_result{why});
        return;
    }
    acquire_result result = why == errc::deadline_exceeded ? out_of_time(call) : acquire_result{why};
    schedule_.remove(call);
    after.complete(call, std::move(result));
}

acquire_result pool::out_of_time(const pool_waiter& waiter) const noexcept
{
    const connection_schedule::prospect waited_for = schedule_.outlook(waiter);
    acquire_result result{waited_for.dialing ? errc::deadline_exceeded : errc::pool_timeout};
    result.reached = waited_for.dialing ? dials_.reached() : phase::waiting;
    result.message = dials_.describe(result.reached, waited_for.ahead);
    return result;
}

acquire_result pool::overloaded() const noexcept
{
    acquire_result result{errc::pool_overloaded};
    try {
        result.message = std::to_string(schedule_.waiting()) +
                         " calls are already waiting for a connection (pool.max_waiting: " +
                         std::to_string(schedule_.rules().max_waiting) +
                         ", pool.max_connections: " + std::to_string(schedule_.rules().max_connections) + ")";
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
        // Only the code is reported.
    }
    return result;
}

void pool::go_on(pool_aftermath& after) noexcept
{
    pooled_list evicted;
    const std::size_t count = schedule_.begin_dials(evicted);
    close_all(evicted, close_reason::expired, after);
    dial(count, after);
    prewarms_.end(schedule_.idle() + schedule_.busy(), schedule_.dialing() != 0, after);
}

void pool::dial(std::size_t count, pool_aftermath& after) noexcept
{
    for (; count != 0; --count) {
        try {
            dials_.begin(self());
        } catch (const std::bad_alloc&) {
            connect_result failure;
            failure.code = make_error_code(boost::system::errc::not_enough_memory);
            failure.permanent = true;
            fail_dial(std::move(failure), after);
        }
    }
}

/// The failure goes to the first waiter, unless the remaining dials are enough for all.
void pool::fail_dial(connect_result result, pool_aftermath& after) noexcept
{
    ++dial_failures_;
    prewarms_.note(result);
    if (pool_waiter* const waiter = schedule_.dial_failed()) {
        acquire_result failed{result.code, std::move(result.message)};
        failed.reached = result.reached;
        failed.permanent = result.permanent;
        after.complete(*waiter, std::move(failed));
    }
}

void pool_entry::on_connected(connect_result result)
{
    if (const auto owner = owner_.lock()) {
        owner->on_connected(*this, std::move(result));
    }
}

void pool::on_connected(pool_entry& dial, connect_result result)
{
    pool_aftermath after{watcher_.get()};
    const std::lock_guard lock{mutex_};
    if (dial.given_up) {
        return;
    }
    entry_list ended = dials_.end(dial, result);
    if (result.made) {
        const pool_time time_now = time();
        pool_entry& made = connections_.adopt(ended, result, time_now.now);
        settle(made, schedule_.dial_succeeded(made, time_now), true, after);
    } else {
        fail_dial(std::move(result), after);
    }
    go_on(after);
}

void pool::grant(pool_waiter& waiter, pool_entry& entry, pool_aftermath& after)
{
    reused_ += entry.has_carried ? 1 : 0;
    acquire_result granted;
    granted.granted = lease{self(), entry};
    after.complete(waiter, std::move(granted));
}

void pool::give_back(pool_entry& entry, bool has_response, bool reusable,
                     std::optional<std::chrono::seconds> hint) noexcept
{
    entry.open_connection->forget_response();
    const bool usable = reusable && entry.open_connection->is_open();
    pool_aftermath after{watcher_.get()};
    const std::lock_guard lock{mutex_};
    ++entry.requests;
    settle(entry, schedule_.give_back(entry, usable && !closed_, hint, time()), has_response, after);
    go_on(after);
}

void pool::give_back_unused(pool_entry& entry) noexcept
{
    pool_aftermath after{watcher_.get()};
    const std::lock_guard lock{mutex_};
    settle(entry, schedule_.give_back_unused(entry, entry.open_connection->is_open() && !closed_, time()), true, after);
    go_on(after);
}

void pool::settle(pool_entry& entry, const connection_schedule::give_back_result& result, bool has_response,
                  pool_aftermath& after)
{
    switch (result.what) {
    case connection_schedule::disposition::to_waiter: grant(*result.waiter, entry, after); break;
    case connection_schedule::disposition::idle:
        if (entry.open_connection->is_open()) {
            arm_timer(connection_schedule::due(entry));
        } else {
            // It ended in the meantime, when `on_closed` considered it busy.
            schedule_.forget_idle(entry);
            close_one(entry, close_reason::peer, after);
        }
        break;
    case connection_schedule::disposition::closed_surplus: close_one(entry, close_reason::surplus, after); break;
    case connection_schedule::disposition::closed_expired: close_one(entry, close_reason::expired, after); break;
    case connection_schedule::disposition::closed_not_reusable:
        close_one(entry, has_response ? close_reason::not_reusable : close_reason::failed, after);
        break;
    }
}

void pool::evict_connections_as_old_as(const pool_entry& stale, bool dead) noexcept
{
    pool_aftermath after{watcher_.get()};
    pooled_list expired;
    const std::lock_guard lock{mutex_};
    schedule_.evict_as_old_as(stale, expired);
    close_all(expired, close_reason::peer, after);
    if (dead) {
        schedule_.learn_from_death(stale);
        arm_timer(schedule_.next_due());
    }
}

void pool_entry::on_connection_closed(connection&, idle_end how) noexcept
{
    if (const auto owner = owner_.lock()) {
        owner->on_closed(*this, how);
    }
}

void pool::on_closed(pool_entry& entry, idle_end how) noexcept
{
    pool_aftermath after{watcher_.get()};
    const std::lock_guard lock{mutex_};
    if (!schedule_.forget_idle(entry)) {
        return;
    }
    if (how == idle_end::closed) {
        schedule_.learn_from_close(entry, time());
        arm_timer(schedule_.next_due());
    }
    close_one(entry, how == idle_end::unsolicited ? close_reason::unsolicited : close_reason::peer, after);
}

void pool::close_one(pool_entry& entry, close_reason why, pool_aftermath& after) noexcept
{
    connections_.close(entry, closed_ ? close_reason::client_closed : why, timers_->time().now(), after);
}

void pool::close_all(pooled_list& connections, close_reason why, pool_aftermath& after) noexcept
{
    while (!connections.empty()) {
        auto& first = static_cast<pool_entry&>(connections.front());
        connections.pop_front();
        close_one(first, why, after);
    }
}

} // namespace sipher::detail
