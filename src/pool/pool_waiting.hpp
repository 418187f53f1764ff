#pragma once

#include "pool/connection_schedule.hpp"
#include "pool/lease.hpp"
#include "runtime/notify.hpp"
#include "runtime/waiting_call.hpp"

#include <sipher/error_code.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace sipher::detail {

/// A request to the pool.
struct pool_request {
    pool_request() = default;

    /// The request must not be repeated, so the connection must not be about to be closed.
    bool careful = false;
    /// `refuse_waiting` does not concern it.
    bool cleans_up = false;
    clock::time_point deadline = clock::time_point::max();
    queue_place place;
    /// Number of connections to wait for, when prewarming.
    std::optional<std::size_t> ready;
};

/// A waiter for a connection, or for connections to be ready (prewarming).
class pool_call final : public waiting_call<pool_call, pool_waiter, acquire_result> {
public:
    pool_call(const std::shared_ptr<pool>& owner, std::shared_ptr<timer_queue> timers, const pool_request& wanted)
        : waiting_call(pool_waiter{wanted.careful, wanted.place}, std::move(timers), errc::deadline_exceeded),
          ready(wanted.ready), cleans_up(wanted.cleans_up), owner_(owner)
    {
    }

    /// Number of connections to wait for, when prewarming.
    const std::optional<std::size_t> ready;
    const bool cleans_up;

private:
    void give_up(boost::system::error_code why) override;

    const std::weak_ptr<pool> owner_;
};

/// Work to do after releasing the pool's mutex, because it runs user code: declare it before the lock. It takes over
/// existing list entries, so it does not allocate.
class pool_aftermath {
public:
    explicit pool_aftermath(observer* event_observer) noexcept : watcher_(event_observer) {}
    pool_aftermath(const pool_aftermath&) = delete;
    pool_aftermath& operator=(const pool_aftermath&) = delete;
    ~pool_aftermath();

    void notify_of_end(entry_list& from, const pool_entry& ended) noexcept
    {
        ended_.splice(ended_.end(), from, ended.position);
    }
    void complete(pool_waiter& waiter, acquire_result result) noexcept { calls_.complete(waiter, std::move(result)); }

private:
    observer* const watcher_;
    entry_list ended_;
    ended_calls<pool_call> calls_;
};

} // namespace sipher::detail
