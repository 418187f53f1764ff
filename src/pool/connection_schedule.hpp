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
    /// What is learned of the peer does not exceed it.
    std::chrono::nanoseconds idle_timeout{};
};

struct pool_time {
    clock::time_point now;
    clock::wall_time wall;
};

/// What the pool knows about a connection.
struct pooled : boost::intrusive::list_base_hook<> {
    clock::time_point last_used;
    clock::wall_time last_used_wall;
    /// How long it had been idle when it was taken.
    std::chrono::nanoseconds idle_before{};
    /// Not used beyond this.
    clock::time_point dies_at = clock::time_point::max();
    /// The part of the server's promise to keep it that is not ours to use.
    std::chrono::nanoseconds margin = std::chrono::seconds{1};
    /// How long it may be idle for a request that can be repeated, and for one that cannot.
    std::chrono::nanoseconds idle_limit{};
    std::chrono::nanoseconds careful_idle_limit{};
    bool has_carried = false;
    /// It has memory for exchanges, which it need not keep while it is idle.
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
    /// Those of a flow that do not accept every connection are a flow of their own.
    [[nodiscard]] static queue_place apart(bool careful, queue_place at) noexcept
    {
        at.flow = 2 * at.flow + (careful ? 1 : 0);
        return at;
    }
};

/// Who gets which connection, when one is made and when one is closed: decisions without I/O, time passed in.
///
/// Idle connections form a stack, so that the surplus dies of old age; waiters form a fair queue. What comes first, a
/// connection given back or one newly made, goes to the first waiter of those who accept it, and the failure to make
/// one to the first of all, unless other connections still in the making are enough for everybody who waits. So whoever
/// waits accepts none of those that are idle, and an idle one may be taken past them. What it does always succeeds.
class connection_schedule {
public:
    explicit connection_schedule(const pool_rules& rules) : rules_(rules), limit_(rules.idle_timeout) {}

    /// The most recently used connection that is still good for the request, or null; what is found to be too old is
    /// added to `expired` and forgotten.
    /// @param careful As of a waiter.
    [[nodiscard]] pooled* take_idle(const pool_time& time, bool careful, pooled_list& expired);

    /// False: too many wait already.
    [[nodiscard]] bool enqueue(pool_waiter& waiter);
    /// The waiter gives up, or was served.
    void remove(pool_waiter& waiter) noexcept;
    /// Takes the first out of the queue, or the first of those who accept every connection; null if there is none.
    [[nodiscard]] pool_waiter* pop_waiter(bool accepting_any_only = false) noexcept;

    enum class disposition { to_waiter, idle, closed_expired, closed_not_reusable, closed_surplus };
    struct give_back_result {
        disposition what = disposition::idle;
        pool_waiter* waiter = nullptr;
    };

    /// How many connections to begin making now; they count as such from here on. An idle one that is of no use to
    /// those who wait makes room and is added to `evicted`.
    [[nodiscard]] std::size_t begin_dials(pooled_list& evicted);

    /// How many to begin making, beyond those that somebody waits for, so that `ready` are there; they count as such
    /// from here on.
    [[nodiscard]] std::size_t begin_spare_dials(std::size_t ready);

    /// A connection was made: for the first who waits, or to be idle. One that is there because somebody wanted it to
    /// be ready may be idle for as long as the service waits for a first request; one whose call has given up may not,
    /// because whoever runs the context waits until it has gone.
    [[nodiscard]] give_back_result dial_succeeded(pooled& made, const pool_time& time);
    /// None was made; the waiter that is to hear it, or null.
    [[nodiscard]] pool_waiter* dial_failed();

    /// A lease ended. `hint` is the server's `Keep-Alive: timeout`.
    [[nodiscard]] give_back_result give_back(pooled& used, bool reusable, std::optional<std::chrono::seconds> hint,
                                             const pool_time& time);
    /// A lease ended that carried nothing, so the connection is as old as it was.
    [[nodiscard]] give_back_result give_back_unused(pooled& unused, bool usable, const pool_time& time);

    /// What a waiter waits for.
    struct prospect {
        std::size_t ahead = 0;
        /// A connection in the making rather than one that is busy.
        bool dialing = false;
    };
    [[nodiscard]] prospect outlook(const pool_waiter& waiter) const noexcept;

    /// A connection ended by itself. False: it was not idle, so whoever has it finds out.
    bool forget_idle(pooled& gone) noexcept;
    /// The peer closed one that was idle until now.
    void learn_from_close(const pooled& gone, const pool_time& time) noexcept;
    /// A request found one dead that had been idle.
    void learn_from_death(const pooled& stale) noexcept;
    /// `stale` was leased and proved to have ended before: takes out every connection that has been idle as long.
    void evict_as_old_as(const pooled& stale, pooled_list& expired);
    /// Takes out every idle connection that is too old.
    void expire_idle(const pool_time& time, pooled_list& expired);
    /// Takes out every idle connection.
    void expire_all(pooled_list& expired) noexcept { expired.splice(expired.end(), idle_); }
    /// Calls `rest` for each idle connection that has room to give back and was not used for some time.
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
    /// When there is something to do about an idle connection: it gets too old, or is to rest.
    [[nodiscard]] static clock::time_point due(const pooled& idle) noexcept;
    /// When there is something to do about any; `max()` if none is idle.
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
    /// Of those in the making, the ones that were asked for to be ready.
    std::size_t spare_ = 0;
};

} // namespace sipher::detail
