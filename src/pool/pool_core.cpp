#include "pool/pool_core.hpp"

#include <algorithm>
#include <iterator>

namespace sipher::detail {

namespace {

using std::chrono::nanoseconds;

nanoseconds idle_time(const pooled& connection, const pool_time& time)
{
    // A machine that was suspended lost time on the steady clock, but not on the civil one.
    return std::max<nanoseconds>(time.now - connection.last_used, time.wall - connection.last_used_wall);
}

} // namespace

bool pool_core::too_old(const pooled& connection, const pool_time& time)
{
    return idle_time(connection, time) >= connection.idle_limit || time.now >= connection.dies_at;
}

void pool_core::limit_idle_time(pooled& connection, std::optional<std::chrono::seconds> hint) const
{
    connection.idle_limit = rules_.idle_timeout;
    connection.careful_idle_limit = rules_.idle_timeout / 2;
    if (hint) {
        // The server's clock starts before ours, so a part of its promise is not ours to use.
        const nanoseconds promised = std::min<std::chrono::seconds>(*hint, std::chrono::hours{24});
        connection.idle_limit = std::min(connection.idle_limit, promised - connection.margin);
        connection.careful_idle_limit = std::min(connection.idle_limit, promised / 2);
    }
}

pooled* pool_core::take_idle(const pool_time& time, bool careful, pooled_list& expired)
{
    if (!waiters_.empty()) {
        return nullptr;
    }
    while (!idle_.empty()) {
        pooled& latest = idle_.front();
        if (too_old(latest, time)) {
            idle_.pop_front();
            expired.push_back(latest);
        } else if (careful && idle_time(latest, time) >= latest.careful_idle_limit) {
            return nullptr;
        } else {
            idle_.pop_front();
            ++busy_;
            return &latest;
        }
    }
    return nullptr;
}

bool pool_core::enqueue(pool_waiter& waiter)
{
    const std::size_t could_dial = rules_.max_connections - std::min(rules_.max_connections, busy_ + dialing_);
    if (waiters_.size() >= rules_.max_waiting + dialing_ + could_dial) {
        return false;
    }
    waiters_.push_back(waiter);
    waiter.waiting = true;
    return true;
}

void pool_core::remove(pool_waiter& waiter) noexcept
{
    if (waiter.waiting) {
        waiter.waiting = false;
        waiters_.erase(waiters_.iterator_to(waiter));
    }
}

pool_waiter* pool_core::pop_waiter() noexcept
{
    if (waiters_.empty()) {
        return nullptr;
    }
    pool_waiter& first = waiters_.front();
    remove(first);
    return &first;
}

std::size_t pool_core::begin_dials(pooled_list& evicted)
{
    std::size_t begun = 0;
    while (waiters_.size() > dialing_) {
        if (open() >= rules_.max_connections) {
            if (idle_.empty()) {
                break;
            }
            evicted.splice(evicted.end(), idle_, std::prev(idle_.end()));
        }
        ++dialing_;
        ++begun;
    }
    return begun;
}

std::size_t pool_core::begin_spare_dials(std::size_t ready)
{
    const std::size_t spoken_for = std::min(dialing_, waiters_.size());
    const std::size_t there = open() - spoken_for;
    const std::size_t room = rules_.max_connections - std::min(rules_.max_connections, open());
    const std::size_t begun = std::min(room, ready - std::min(ready, there));
    dialing_ += begun;
    return begun;
}

pool_core::give_back_result pool_core::dial_succeeded(pooled& made, const pool_time& time)
{
    // The server's keep-alive begins with the first answer. Before that it waits for a request for a minute.
    constexpr nanoseconds life_before_use = std::chrono::seconds{50};
    --dialing_;
    made.last_used = time.now;
    made.last_used_wall = time.wall;
    made.idle_limit = life_before_use;
    made.careful_idle_limit = life_before_use;
    return hand_on(made);
}

pool_waiter* pool_core::dial_failed()
{
    --dialing_;
    return waiters_.size() > dialing_ ? pop_waiter() : nullptr;
}

pool_core::give_back_result pool_core::give_back(pooled& used, bool reusable, std::optional<std::chrono::seconds> hint,
                                                 const pool_time& time)
{
    --busy_;
    used.has_carried = true;
    used.last_used = time.now;
    used.last_used_wall = time.wall;
    used.is_roomy = true;
    limit_idle_time(used, hint);
    if (!reusable || used.idle_limit <= nanoseconds::zero()) {
        return {fate::closed_not_reusable, nullptr};
    }
    if (time.now >= used.dies_at) {
        return {fate::closed_expired, nullptr};
    }
    return hand_on(used);
}

pool_core::give_back_result pool_core::give_back_unused(pooled& unused)
{
    --busy_;
    return hand_on(unused);
}

pool_core::give_back_result pool_core::hand_on(pooled& free)
{
    if (pool_waiter* const waiter = pop_waiter()) {
        ++busy_;
        return {fate::to_waiter, waiter};
    }
    if (idle_.size() >= rules_.max_idle) {
        return {fate::closed_surplus, nullptr};
    }
    idle_.push_front(free);
    return {fate::idle, nullptr};
}

void pool_core::forget_idle(pooled& gone) noexcept
{
    if (gone.is_linked()) {
        idle_.erase(idle_.iterator_to(gone));
    }
}

void pool_core::expire_contemporaries(const pooled& stale, pooled_list& expired)
{
    for (auto position = idle_.begin(); position != idle_.end();) {
        pooled& connection = *position;
        if (connection.last_used <= stale.last_used) {
            position = idle_.erase(position);
            expired.push_back(connection);
        } else {
            ++position;
        }
    }
}

void pool_core::expire_idle(const pool_time& time, bool all, pooled_list& expired)
{
    for (auto position = idle_.begin(); position != idle_.end();) {
        pooled& connection = *position;
        if (all || too_old(connection, time)) {
            position = idle_.erase(position);
            expired.push_back(connection);
        } else {
            ++position;
        }
    }
}

clock::time_point pool_core::due(const pooled& idle) noexcept
{
    const clock::time_point expiry = std::min(idle.last_used + idle.idle_limit, idle.dies_at);
    return idle.is_roomy ? std::min(expiry, idle.last_used + rest_after) : expiry;
}

clock::time_point pool_core::next_due() const noexcept
{
    auto next = clock::time_point::max();
    for (const pooled& connection : idle_) {
        next = std::min(next, due(connection));
    }
    return next;
}

} // namespace sipher::detail
