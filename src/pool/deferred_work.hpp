#pragma once

#include "pool/acquire_op.hpp"
#include "pool/pool.hpp"
#include "pool/prewarm_op.hpp"
#include "runtime/notify.hpp"

#include <sipher/error_code.hpp>

#include <boost/intrusive/list.hpp>

#include <list>
#include <memory>
#include <new>
#include <utility>

namespace sipher::detail {

/// Filled in with the mutex held, carried out by its destructor: declare it before the lock. It takes over what is in
/// the pool's books already, so nothing of it needs memory.
struct pool::deferred_work {
    explicit deferred_work(observer* who_looks) noexcept : watcher(who_looks) {}
    deferred_work(const deferred_work&) = delete;
    deferred_work& operator=(const deferred_work&) = delete;

    ~deferred_work()
    {
        for (const pool_entry& each : to_close) {
            each.open_connection->close(errc::client_closed, false);
            tell_of_close(each);
        }
        while (!to_complete.empty()) {
            auto& op = static_cast<acquire_op&>(to_complete.front());
            to_complete.pop_front();
            const std::shared_ptr<acquire_op> kept = std::move(op.self);
            post(kept->done, kept->result);
        }
        for (const auto& each : prewarmed) {
            post(each->done, each->result);
        }
    }

    void complete(pool_waiter& waiter, acquire_result result) noexcept
    {
        static_cast<acquire_op&>(waiter).result = std::move(result);
        to_complete.push_back(waiter);
    }

    observer* const watcher;
    std::list<pool_entry> to_close;
    boost::intrusive::list<pool_waiter> to_complete;
    std::list<std::shared_ptr<prewarm_op>> prewarmed;

private:
    static void post(completion<acquire_result>& done, acquire_result& result) noexcept
    {
        try {
            std::move(done).post(std::move(result));
        } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
            // Asio has no memory to resume a coroutine, and has destroyed it; what it held came back.
        }
    }

    void tell_of_close(const pool_entry& closed) const noexcept
    {
        if (watcher != nullptr) {
            close_event event;
            event.address = closed.open_connection->address();
            event.reason = closed.ends_because;
            event.age = closed.age;
            event.requests = closed.requests;
            notify(watcher, &observer::on_close, event);
        }
    }
};

[[nodiscard]] inline acquire_result not_acquired(boost::system::error_code code, std::string problem = {}) noexcept
{
    acquire_result result;
    result.code = code;
    result.problem = std::move(problem);
    return result;
}

} // namespace sipher::detail
