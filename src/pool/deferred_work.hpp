#pragma once

#include "pool/acquire_op.hpp"
#include "pool/pool.hpp"
#include "runtime/notify.hpp"

#include <sipher/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace sipher::detail {

/// Filled in with the mutex held, carried out by its destructor: declare it before the lock.
struct pool::deferred_work {
    explicit deferred_work(observer* who_looks) noexcept : watcher(who_looks) {}
    deferred_work(const deferred_work&) = delete;
    deferred_work& operator=(const deferred_work&) = delete;

    ~deferred_work()
    {
        for (const closing& each : to_close) {
            each.ended->close(errc::client_closed, false);
            close_event event;
            event.address = each.ended->address();
            event.reason = each.why;
            event.age = each.age;
            event.requests = each.requests;
            notify(watcher, &observer::on_close, event);
        }
        for (auto& [op, result] : to_complete) {
            std::move(op->done).post(std::move(result));
        }
        for (auto& [done, result] : prewarmed) {
            std::move(done).post(std::move(result));
        }
    }

    void complete(pool_waiter& waiter, acquire_result result)
    {
        auto& op = static_cast<acquire_op&>(waiter);
        to_complete.emplace_back(std::move(op.self), std::move(result));
    }

    struct closing {
        std::shared_ptr<connection> ended;
        close_reason why;
        std::chrono::nanoseconds age;
        std::uint64_t requests;
    };

    observer* const watcher;
    std::vector<closing> to_close;
    std::vector<std::pair<std::shared_ptr<acquire_op>, acquire_result>> to_complete;
    std::vector<std::pair<completion<acquire_result>, acquire_result>> prewarmed;
};

[[nodiscard]] inline acquire_result not_acquired(boost::system::error_code code, std::string problem = {})
{
    acquire_result result;
    result.code = code;
    result.problem = std::move(problem);
    return result;
}

} // namespace sipher::detail
