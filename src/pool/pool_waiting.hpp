#pragma once

#include "pool/connection_schedule.hpp"
#include "pool/lease.hpp"
#include "runtime/completion.hpp"
#include "runtime/notify.hpp"
#include "runtime/timer_queue.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace sipher::detail {

/// What is asked of the pool.
struct pool_request {
    pool_request() = default;

    /// The request must not be repeated, so the connection must not be about to be closed.
    bool careful = false;
    clock::time_point deadline = clock::time_point::max();
    queue_place place;
    /// Of one who waits for connections to be ready: how many.
    std::optional<std::size_t> ready;
};

/// Somebody who waits for a connection, or for connections to be ready. The pool's mutex guards it, but for `done`,
/// which belongs to whoever took it off its list.
class pool_call final : public pool_waiter, public timer_target {
public:
    pool_call(const std::shared_ptr<pool>& owner, std::shared_ptr<timer_queue> timers, const pool_request& wanted)
        : pool_waiter(wanted.careful, wanted.place), ready(wanted.ready), owner_(owner), timers_(std::move(timers))
    {
    }
    ~pool_call() override { timers_->disarm(*this); }

    void on_timer() override;
    void connect_cancellation(boost::asio::cancellation_slot slot);

    /// Of one who waits for connections to be ready: how many.
    const std::optional<std::size_t> ready;
    completion<acquire_result> done;
    /// What it is to complete with.
    acquire_result result;
    /// Keeps it alive while it is in a list.
    std::shared_ptr<pool_call> self;

private:
    const std::weak_ptr<pool> owner_;
    const std::shared_ptr<timer_queue> timers_;
};

/// What is to be done once the pool's mutex is released, because others' code runs then: declare it before the lock.
/// It takes over what is in the pool's books already, so nothing of it needs memory.
class pool_aftermath {
public:
    explicit pool_aftermath(observer* event_observer) noexcept : watcher_(event_observer) {}
    pool_aftermath(const pool_aftermath&) = delete;
    pool_aftermath& operator=(const pool_aftermath&) = delete;
    ~pool_aftermath();

    void tell_of_end(entry_list& from, const pool_entry& ended) noexcept
    {
        ended_.splice(ended_.end(), from, ended.position);
    }
    void complete(pool_waiter& waiter, acquire_result result) noexcept
    {
        static_cast<pool_call&>(waiter).result = std::move(result);
        complete(waiter);
    }
    void complete(pool_waiter& waiter) noexcept { to_complete_.push_back(waiter); }

private:
    observer* const watcher_;
    entry_list ended_;
    boost::intrusive::list<pool_waiter> to_complete_;
};

} // namespace sipher::detail
