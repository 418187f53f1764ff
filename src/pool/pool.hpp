#pragma once

#include "connection/connection.hpp"
#include "connection/connector.hpp"
#include "pool/lease.hpp"
#include "pool/pool_core.hpp"
#include "runtime/completion.hpp"
#include "runtime/jitter.hpp"
#include "runtime/timer_queue.hpp"

#include <sipher/client_options.hpp>
#include <sipher/client_stats.hpp>
#include <sipher/observer.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sipher::detail {

/// What waiting for a connection came to: a lease, or why there is none.
struct acquire_result {
    acquire_result() = default;

    lease granted;
    boost::system::error_code code;
    std::string problem;
    phase reached = phase::waiting;
    bool permanent = false;
};

/// The connections of a client: carries out what `pool_core` decides.
///
/// Thread safety: all members may be called from any thread.
class pool final : public connection_owner, public timer_target {
public:
    pool(boost::asio::any_io_executor executor, const pool_options& options, std::unique_ptr<connector> source,
         std::shared_ptr<timer_queue> timers, std::shared_ptr<jitter> chance, std::shared_ptr<observer> watcher);
    ~pool() override;

    /// A lease if one can be had without waiting; the usual case, and a cheap one.
    [[nodiscard]] lease try_acquire(bool careful, clock::time_point now);

    /// Waits for a connection, at most until `deadline`; completes with an `acquire_result`, never inline.
    /// Cancellation: every type; the connection that is being made stays in the making for others.
    template <class CompletionToken>
    auto async_acquire(clock::time_point deadline, CompletionToken&& token)
    {
        return boost::asio::async_initiate<CompletionToken, void(acquire_result)>(
            [self = self()](auto handler, clock::time_point until) {
                self->wait(until, completion<acquire_result>{std::move(handler), self->executor_});
            },
            token, deadline);
    }

    /// Completes when `ready` connections are there, or all that could be tried have failed. `ready` must not be more
    /// than `max_connections`. Cancellation: every type; what is being made goes on.
    template <class CompletionToken>
    auto async_prewarm(std::size_t ready, CompletionToken&& token)
    {
        return boost::asio::async_initiate<CompletionToken, void(acquire_result)>(
            [self = self()](auto handler, std::size_t wanted) {
                self->prewarm(wanted, completion<acquire_result>{std::move(handler), self->executor_});
            },
            token, ready);
    }

    /// No new leases; waiters fail with `client_closed`, idle connections close, busy ones go on.
    void drain();
    /// As `drain`, and everything under way fails with `client_closed`.
    void close() noexcept;
    /// Lets go of everything without completing anything: the execution context is being destroyed.
    void abandon() noexcept;

    [[nodiscard]] client_stats stats() const;

    void on_connection_closed(connection& closed, idle_end how) noexcept override;
    void on_timer() override;

private:
    friend class lease;
    class acquire_op;
    class prewarm_op;
    /// A connection in the making, and its place in the books.
    struct dial_op {
        std::shared_ptr<pending_connect> pending;
        std::list<pool_entry> place;
        bool told_to_cancel = false;
    };

    std::shared_ptr<pool> self() { return std::static_pointer_cast<pool>(shared_from_this()); }
    [[nodiscard]] pool_time time() const;

    void wait(clock::time_point deadline, completion<acquire_result> done);
    void stop_waiting(acquire_op& op, acquire_result result);
    void prewarm(std::size_t ready, completion<acquire_result> done);
    void stop_prewarming(const prewarm_op& op);
    void drop_contemporaries(const pool_entry& stale) noexcept;
    void give_back(pool_entry& entry, bool answered, bool reusable, std::optional<std::chrono::seconds> hint) noexcept;
    void give_back_unused(pool_entry& entry) noexcept;
    void on_connect_result(std::list<dial_op>::iterator position, connect_result result);

    /// What is to be done once the mutex is released.
    struct deferred_work;
    void adopt(dial_op& ended, connect_result& result, deferred_work& work);
    void settle(pool_entry& entry, const pool_core::give_back_result& result, bool answered, deferred_work& work);
    void grant(pool_waiter& waiter, pool_entry& entry, deferred_work& work);
    void place(pool_entry& entry, pool_core::fate what, deferred_work& work);
    void begin_dials(deferred_work& work);
    void dial(std::size_t count, deferred_work& work) noexcept;
    void fail_dial(connect_result result, deferred_work& work) noexcept;
    void end_prewarms(const connect_result* failure, deferred_work& work);
    void count(close_reason why);
    void discard(pool_entry& entry, close_reason why, deferred_work& work) noexcept;
    void discard_all(pooled_list& connections, close_reason why, deferred_work& work) noexcept;
    void close_idle(deferred_work& work);
    void fail_waiters(deferred_work& work);
    void arm_timer(clock::time_point when) noexcept;
    [[nodiscard]] std::shared_ptr<acquire_op> next_waiter() noexcept;
    [[nodiscard]] std::shared_ptr<connection> next_to_end(pool_entry::farewell how) noexcept;
    [[nodiscard]] std::shared_ptr<pending_connect> next_to_cancel() noexcept;

    const boost::asio::any_io_executor executor_;
    const pool_options options_;
    const std::unique_ptr<connector> source_;
    const std::shared_ptr<timer_queue> timers_;
    const std::shared_ptr<jitter> jitter_;
    const std::shared_ptr<observer> watcher_;

    mutable std::mutex mutex_;
    pool_core core_;
    bool closed_ = false;
    clock::time_point timer_at_ = clock::time_point::max();
    std::list<pool_entry> entries_;
    std::list<dial_op> dials_;
    std::list<std::shared_ptr<prewarm_op>> prewarms_;
    std::string last_failure_;
    client_stats stats_;
};

} // namespace sipher::detail
