#pragma once

#include "pool/connection_list.hpp"
#include "pool/connection_schedule.hpp"
#include "pool/dial_list.hpp"
#include "pool/lease.hpp"
#include "pool/pool_waiting.hpp"
#include "pool/prewarm_list.hpp"
#include "runtime/completion.hpp"
#include "runtime/random_source.hpp"
#include "runtime/timer_queue.hpp"

#include <sipher/client_options.hpp>
#include <sipher/client_stats.hpp>
#include <sipher/observer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sipher::detail {

/// The connections of a client: carries out what `connection_schedule` decides.
///
/// Objects of the execution context (sockets, dials) are accessed only with the pool's or the connection's mutex held,
/// and `close` releases them; so a context may be destroyed while other threads still use the pool.
///
/// Thread safety: all members may be called from any thread.
class pool final : public timer_target {
public:
    pool(boost::asio::any_io_executor executor, const pool_options& options, std::unique_ptr<connector> source,
         std::shared_ptr<timer_queue> timers, std::shared_ptr<random_source> random,
         std::shared_ptr<observer> event_observer);
    ~pool() override;

    /// A lease if one is available without waiting; the usual and cheap case.
    /// @param careful The request must not be repeated, so the connection must not be about to be closed.
    [[nodiscard]] lease try_acquire(bool careful, clock::time_point now);

    /// Waits for a connection, at most until the deadline; completes with an `acquire_result`, never inline.
    /// Cancellation: every type; the dial continues for other calls.
    ///
    /// With `pool_request::ready`, completes when that many connections are ready or all possible dials have failed; it
    /// must not exceed `max_connections`. Cancellation: every type; dials continue.
    template <class CompletionToken>
    auto async_acquire(const pool_request& wanted, CompletionToken&& token)
    {
        return boost::asio::async_initiate<CompletionToken, void(acquire_result)>(
            [self = self()](auto handler, const pool_request& asked) {
                self->wait(asked, completion<acquire_result>{std::move(handler), self->executor_});
            },
            token, wanted);
    }

    /// Calls waiting for a lease fail with `client_closed`, and so do later ones that would have to wait, except for
    /// clean-up.
    void refuse_waiting() noexcept;
    /// No new leases; waiters fail with `client_closed`, idle connections and dials close, busy connections continue.
    void drain() noexcept;
    /// As `drain`, and busy connections fail with `client_closed`.
    void close() noexcept;

    [[nodiscard]] client_stats stats() const;

    void on_timer() override;

private:
    friend class lease;
    friend struct lease_end;
    friend class pool_call;
    friend class pool_entry;

    std::shared_ptr<pool> self() { return std::static_pointer_cast<pool>(shared_from_this()); }
    [[nodiscard]] pool_time time() const;

    void wait(const pool_request& asked, completion<acquire_result> done);
    void give_up(pool_call& call, boost::system::error_code why) noexcept;
    void evict_connections_as_old_as(const pool_entry& stale, bool dead) noexcept;
    void give_back(pool_entry& entry, bool has_response, bool reusable,
                   std::optional<std::chrono::seconds> hint) noexcept;
    void give_back_unused(pool_entry& entry) noexcept;
    void on_connected(pool_entry& dial, connect_result result);
    void on_closed(pool_entry& entry, idle_end how) noexcept;

    // All of these require the mutex to be held.
    void admit(pool_call& call, pool_aftermath& after) noexcept;
    [[nodiscard]] pooled* take_idle(bool careful, clock::time_point now, pool_aftermath& after) noexcept;
    void settle(pool_entry& entry, const connection_schedule::give_back_result& result, bool has_response,
                pool_aftermath& after);
    void grant(pool_waiter& waiter, pool_entry& entry, pool_aftermath& after);
    /// Begins dials for waiters, and completes prewarming waits.
    void go_on(pool_aftermath& after) noexcept;
    void dial(std::size_t count, pool_aftermath& after) noexcept;
    void fail_dial(connect_result result, pool_aftermath& after) noexcept;
    void close_one(pool_entry& entry, close_reason why, pool_aftermath& after) noexcept;
    void close_all(pooled_list& connections, close_reason why, pool_aftermath& after) noexcept;
    void arm_timer(clock::time_point when) noexcept;
    void end_waiting(pool_aftermath& after) noexcept;
    [[nodiscard]] acquire_result out_of_time(const pool_waiter& waiter) const noexcept;
    [[nodiscard]] acquire_result overloaded() const noexcept;

    const boost::asio::any_io_executor executor_;
    const std::shared_ptr<timer_queue> timers_;
    const std::shared_ptr<observer> watcher_;

    mutable std::mutex mutex_;
    connection_schedule schedule_;
    dial_list dials_;
    connection_list connections_;
    prewarm_list prewarms_;
    bool refusing_ = false;
    bool closed_ = false;
    clock::time_point timer_at_ = clock::time_point::max();
    std::uint64_t reused_ = 0;
    std::uint64_t dial_failures_ = 0;
};

} // namespace sipher::detail
