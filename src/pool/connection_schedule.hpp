#pragma once

#include "pool/keep_alive_limit.hpp"
#include "runtime/fair_queue.hpp"

#include <sipher/clock.hpp>

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

namespace sipher::detail {

struct pool_rules {
    std::size_t max_connections = 8;
    std::size_t max_waiting = 1024;
    std::size_t max_idle = 8;
    /// Upper bound of the learned idle limit.
    std::chrono::nanoseconds idle_timeout{};
};

struct pool_time {
    clock::time_point now;
    clock::wall_time wall;
};

/// The pool's record of a connection.
struct pooled : boost::intrusive::list_base_hook<> {
    clock::time_point last_used;
    clock::wall_time last_used_wall;
    /// How long it had been idle when acquired.
    std::chrono::nanoseconds idle_before{};
    /// End of its lifetime; not used later.
    clock::time_point dies_at = clock::time_point::max();
    /// The part of the server's keep-alive time that must not be used.
    std::chrono::nanoseconds margin = std::chrono::seconds{1};
    /// Maximum idle time for a request that can be repeated, and for one that cannot.
    std::chrono::nanoseconds idle_limit{};
    std::chrono::nanoseconds careful_idle_limit{};
    bool has_carried = false;
    /// It has exchange buffers, which it need not keep while idle.
    bool holds_buffers = true;
};

using pooled_list = boost::intrusive::list<pooled>;

/// A call that waits for a connection.
struct pool_waiter : fair_queue_member {
    explicit pool_waiter(bool accepts_only_fresh = false, const queue_place& at = {}) noexcept
        : fair_queue_member(apart(accepts_only_fresh, at)), careful(accepts_only_fresh)
    {
    }

    /// Its request must not be repeated, so the connection must not be about to be closed.
    const bool careful;
    bool waiting = false;

private:
    /// Waiters of a flow that do not accept every connection form a separate flow.
    [[nodiscard]] static queue_place apart(bool careful, queue_place at) noexcept
    {
        at.flow = 2 * at.flow + (careful ? 1 : 0);
        return at;
    }
};

/// Decides which call gets which connection, and when connections are made and closed. No I/O; the time is an argument.
///
/// Idle connections form a stack, so that surplus ones expire; waiters form a fair queue. A connection that becomes
/// available, returned or newly made, goes to the first waiter that accepts it. A dial failure goes to the first
/// waiter, unless the remaining dials are enough for all waiters. Hence no waiter could use an idle connection, and a
/// new call may take one ahead of the queue. No member throws.
class connection_schedule {
public:
    explicit connection_schedule(const pool_rules& rules) : rules_(rules), limit_(rules.idle_timeout) {}

    /// The most recently used idle connection that suits the request, or null; connections found too old are moved to
    /// `expired`.
    /// @param careful As in `pool_waiter`.
    [[nodiscard]] pooled* take_idle(const pool_time& time, bool careful, pooled_list& expired);

    /// False: too many are already waiting.
    [[nodiscard]] bool enqueue(pool_waiter& waiter);
    /// Removes a waiter that gave up or was served.
    void remove(pool_waiter& waiter) noexcept;
    /// Removes the first waiter from the queue, or the first that accepts every connection; null if there is none.
    [[nodiscard]] pool_waiter* pop_waiter(bool accepting_any_only = false) noexcept;

    enum class disposition { to_waiter, idle, closed_expired, closed_not_reusable, closed_surplus };
    struct give_back_result {
        disposition what = disposition::idle;
        pool_waiter* waiter = nullptr;
    };

    /// Number of dials to begin now; they count as dialing from here on. An idle connection that no waiter can use is
    /// evicted to make room and moved to `evicted`.
    [[nodiscard]] std::size_t begin_dials(pooled_list& evicted);

    /// Number of dials to begin, beyond those that calls wait for, so that `ready` connections exist; they count as
    /// dialing from here on.
    [[nodiscard]] std::size_t begin_spare_dials(std::size_t ready);

    /// A connection was made: it goes to the first waiter or becomes idle. A prewarmed one may be idle for as long as
    /// the service waits for a first request; one whose call has given up may not, because `run()` of the context does
    /// not return before it has closed.
    [[nodiscard]] give_back_result dial_succeeded(pooled& made, const pool_time& time);
    /// A dial failed; returns the waiter to notify, or null.
    [[nodiscard]] pool_waiter* dial_failed();

    /// A lease ended. `hint` is the server's `Keep-Alive: timeout`.
    [[nodiscard]] give_back_result give_back(pooled& used, bool reusable, std::optional<std::chrono::seconds> hint,
                                             const pool_time& time);
    /// A lease ended without carrying a request, so the connection's idle time continues.
    [[nodiscard]] give_back_result give_back_unused(pooled& unused, bool usable, const pool_time& time);

    /// What a waiter is waiting for.
    struct prospect {
        std::size_t ahead = 0;
        /// A connection being dialed rather than a busy one.
        bool dialing = false;
    };
    [[nodiscard]] prospect outlook(const pool_waiter& waiter) const noexcept;

    /// A connection ended by itself. False: it was not idle, so its holder will notice.
    bool forget_idle(pooled& gone) noexcept;
    /// The peer closed an idle connection.
    void learn_from_close(const pooled& gone, const pool_time& time) noexcept;
    /// A request found an idle connection dead.
    void learn_from_death(const pooled& stale) noexcept;
    /// `stale` was leased and proved dead: moves out every connection that has been idle for as long.
    void evict_as_old_as(const pooled& stale, pooled_list& expired);
    /// Moves out every idle connection that is too old.
    void expire_idle(const pool_time& time, pooled_list& expired);
    /// Moves out every idle connection.
    void expire_all(pooled_list& expired) noexcept { expired.splice(expired.end(), idle_); }
    /// Calls `rest` for each idle connection that holds buffers and was unused for `idle_buffer_ttl`.
    template <class Rest>
    void release_idle_buffers(const pool_time& time, Rest rest)
    {
        for (pooled& connection : idle_) {
            if (connection.holds_buffers && time.now >= connection.last_used + idle_buffer_ttl) {
                connection.holds_buffers = false;
                rest(connection);
            }
        }
    }
    /// When an idle connection needs attention: it becomes too old, or is to release its buffers.
    [[nodiscard]] static clock::time_point due(const pooled& idle) noexcept;
    /// The earliest `due` of any; `max()` if none is idle.
    [[nodiscard]] clock::time_point next_due() const noexcept;

    [[nodiscard]] const pool_rules& rules() const noexcept { return rules_; }
    [[nodiscard]] std::size_t idle() const noexcept { return idle_.size(); }
    [[nodiscard]] std::size_t busy() const noexcept { return busy_; }
    [[nodiscard]] std::size_t dialing() const noexcept { return dialing_; }
    [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }
    [[nodiscard]] std::size_t open() const noexcept { return idle() + busy_ + dialing_; }

private:
    static constexpr std::chrono::seconds idle_buffer_ttl{1};

    [[nodiscard]] give_back_result hand_on(pooled& free, bool fresh);
    [[nodiscard]] bool expires(const pooled& connection, const pool_time& time) noexcept;
    void shorten_idle() noexcept;
    void end_dial() noexcept;

    const pool_rules rules_;
    keep_alive_limit limit_;
    pooled_list idle_;
    fair_queue<pool_waiter> queue_;
    std::size_t careful_ = 0;
    std::size_t busy_ = 0;
    std::size_t dialing_ = 0;
    /// The dials that were requested by prewarming.
    std::size_t spare_ = 0;
};

} // namespace sipher::detail
