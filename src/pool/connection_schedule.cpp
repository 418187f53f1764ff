#include "pool/connection_schedule.hpp"

#include <algorithm>
#include <iterator>

namespace sipher::detail {

namespace {

using std::chrono::nanoseconds;

nanoseconds idle_time(const pooled& connection, const pool_time& time)
{
    // On a suspended machine the steady clock stops, but wall-clock time does not.
    return std::max<nanoseconds>(time.now - connection.last_used, time.wall - connection.last_used_wall);
}

bool too_old(const pooled& connection, const pool_time& time)
{
    return idle_time(connection, time) >= connection.idle_limit || time.now >= connection.dies_at;
}

bool is_fresh(const pooled& connection, const pool_time& time)
{
    return idle_time(connection, time) < connection.careful_idle_limit;
}

/// Moves out the connections for which `has_gone` is true.
template <class Condition>
void take_out(pooled_list& from, pooled_list& to, Condition has_gone)
{
    for (auto position = from.begin(); position != from.end();) {
        pooled& connection = *position;
        if (has_gone(connection)) {
            position = from.erase(position);
            to.push_back(connection);
        } else {
            ++position;
        }
    }
}

} // namespace

/// A connection that has reached its limit shows how long the peer keeps connections.
bool connection_schedule::expires(const pooled& connection, const pool_time& time) noexcept
{
    if (!too_old(connection, time)) {
        return false;
    }
    if (connection.has_carried && time.now < connection.dies_at) {
        limit_.outlive(connection.idle_limit);
    }
    return true;
}

pooled* connection_schedule::take_idle(const pool_time& time, bool careful, pooled_list& expired)
{
    for (auto position = idle_.begin(); position != idle_.end();) {
        pooled& latest = *position;
        if (expires(latest, time)) {
            position = idle_.erase(position);
            expired.push_back(latest);
        } else if (careful && !is_fresh(latest, time)) {
            ++position;
        } else {
            idle_.erase(position);
            latest.idle_before = idle_time(latest, time);
            ++busy_;
            return &latest;
        }
    }
    return nullptr;
}

bool connection_schedule::enqueue(pool_waiter& waiter)
{
    const std::size_t could_dial = rules_.max_connections - std::min(rules_.max_connections, busy_ + dialing_);
    const std::size_t with_this = waiting() + 1;
    if (with_this - std::min(with_this, dialing_ + could_dial) > rules_.max_waiting) {
        return false;
    }
    queue_.push_back(waiter);
    waiter.waiting = true;
    careful_ += waiter.careful ? 1 : 0;
    return true;
}

void connection_schedule::remove(pool_waiter& waiter) noexcept
{
    if (waiter.waiting) {
        waiter.waiting = false;
        careful_ -= waiter.careful ? 1 : 0;
        queue_.erase(waiter);
    }
}

pool_waiter* connection_schedule::pop_waiter(bool accepting_any_only) noexcept
{
    if (accepting_any_only && careful_ == queue_.size()) {
        return nullptr;
    }
    pool_waiter* const first =
        queue_.first_of([accepting_any_only](const pool_waiter& each) { return !accepting_any_only || !each.careful; });
    if (first != nullptr) {
        first->waiting = false;
        careful_ -= first->careful ? 1 : 0;
        queue_.serve(*first);
    }
    return first;
}

connection_schedule::prospect connection_schedule::outlook(const pool_waiter& waiter) const noexcept
{
    prospect result;
    result.ahead = queue_.ahead_of(waiter);
    result.dialing = dialing_ != 0 && (busy_ == 0 || result.ahead < dialing_);
    return result;
}

std::size_t connection_schedule::begin_dials(pooled_list& evicted)
{
    std::size_t begun = 0;
    while (waiting() > dialing_) {
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

std::size_t connection_schedule::begin_spare_dials(std::size_t ready)
{
    const std::size_t spoken_for = std::min(dialing_, waiting());
    const std::size_t there = open() - spoken_for;
    const std::size_t room = rules_.max_connections - std::min(rules_.max_connections, open());
    const std::size_t begun = std::min(room, ready - std::min(ready, there));
    dialing_ += begun;
    spare_ += begun;
    return begun;
}

/// Dials are interchangeable: it does not matter which one was begun for which call.
void connection_schedule::end_dial() noexcept
{
    --dialing_;
    spare_ = std::min(spare_, dialing_);
}

connection_schedule::give_back_result connection_schedule::dial_succeeded(pooled& made, const pool_time& time)
{
    // The server's keep-alive begins with the first response. Before that it waits one minute for a request; but a
    // service that shuts down waits for such connections, for at most 30 s.
    constexpr nanoseconds life_before_use = std::chrono::seconds{25};
    const bool spare = spare_ != 0 && waiting() == 0;
    spare_ -= spare ? 1 : 0;
    end_dial();
    made.last_used = time.now;
    made.last_used_wall = time.wall;
    made.idle_limit = spare ? life_before_use : std::min<nanoseconds>(rules_.idle_timeout, keep_alive_limit::at_first);
    made.careful_idle_limit = made.idle_limit;
    return hand_on(made, true);
}

pool_waiter* connection_schedule::dial_failed()
{
    end_dial();
    return waiting() > dialing_ ? pop_waiter() : nullptr;
}

connection_schedule::give_back_result connection_schedule::give_back(pooled& used, bool reusable,
                                                                     std::optional<std::chrono::seconds> hint,
                                                                     const pool_time& time)
{
    --busy_;
    if (!reusable) {
        return {disposition::closed_not_reusable, nullptr};
    }
    limit_.hear(hint);
    if (used.has_carried) {
        limit_.prove(used.idle_before);
    }
    const keep_alive_limit::idle_limits limits = limit_.limits(used.margin);
    used.idle_limit = limits.any;
    used.careful_idle_limit = limits.careful;
    used.idle_before = nanoseconds::zero();
    used.has_carried = true;
    used.last_used = time.now;
    used.last_used_wall = time.wall;
    used.holds_buffers = true;
    if (used.idle_limit <= nanoseconds::zero()) {
        return {disposition::closed_not_reusable, nullptr};
    }
    if (time.now >= used.dies_at) {
        return {disposition::closed_expired, nullptr};
    }
    return hand_on(used, true);
}

connection_schedule::give_back_result connection_schedule::give_back_unused(pooled& unused, bool usable,
                                                                            const pool_time& time)
{
    --busy_;
    if (!usable) {
        return {disposition::closed_not_reusable, nullptr};
    }
    if (too_old(unused, time)) {
        return {disposition::closed_expired, nullptr};
    }
    return hand_on(unused, is_fresh(unused, time));
}

connection_schedule::give_back_result connection_schedule::hand_on(pooled& free, bool fresh)
{
    if (pool_waiter* const waiter = pop_waiter(!fresh)) {
        ++busy_;
        return {disposition::to_waiter, waiter};
    }
    if (free.idle_limit <= nanoseconds::zero()) {
        return {disposition::closed_expired, nullptr};
    }
    if (idle_.size() >= rules_.max_idle) {
        return {disposition::closed_surplus, nullptr};
    }
    idle_.push_front(free);
    return {disposition::idle, nullptr};
}

bool connection_schedule::forget_idle(pooled& gone) noexcept
{
    const bool was_idle = gone.is_linked();
    if (was_idle) {
        idle_.erase(idle_.iterator_to(gone));
    }
    return was_idle;
}

void connection_schedule::learn_from_close(const pooled& gone, const pool_time& time) noexcept
{
    // Before the first request the peer applies another limit; beyond our own limit, the close was noticed late.
    const nanoseconds idle = idle_time(gone, time);
    if (gone.has_carried && idle < gone.idle_limit) {
        limit_.see_closed(idle, gone.margin);
        shorten_idle();
    }
}

void connection_schedule::learn_from_death(const pooled& stale) noexcept
{
    limit_.find_dead(stale.idle_before);
    shorten_idle();
}

void connection_schedule::shorten_idle() noexcept
{
    for (pooled& each : idle_) {
        if (each.has_carried) {
            const keep_alive_limit::idle_limits limits = limit_.limits(each.margin);
            each.idle_limit = std::min(each.idle_limit, limits.any);
            each.careful_idle_limit = std::min(each.careful_idle_limit, limits.careful);
        }
    }
}

void connection_schedule::evict_as_old_as(const pooled& stale, pooled_list& expired)
{
    take_out(idle_, expired, [&stale](const pooled& each) { return each.last_used <= stale.last_used; });
}

void connection_schedule::expire_idle(const pool_time& time, pooled_list& expired)
{
    take_out(idle_, expired, [this, &time](const pooled& each) { return expires(each, time); });
}

clock::time_point connection_schedule::due(const pooled& idle) noexcept
{
    const clock::time_point expiry = std::min(idle.last_used + idle.idle_limit, idle.dies_at);
    return idle.holds_buffers ? std::min(expiry, idle.last_used + idle_buffer_ttl) : expiry;
}

clock::time_point connection_schedule::next_due() const noexcept
{
    auto next = clock::time_point::max();
    for (const pooled& connection : idle_) {
        next = std::min(next, due(connection));
    }
    return next;
}

} // namespace sipher::detail
