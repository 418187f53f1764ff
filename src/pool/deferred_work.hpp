#pragma once

#include "pool/acquire_op.hpp"
#include "pool/pool.hpp"

#include <sipher/error_code.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace sipher::detail {

/// Filled in with the mutex held, carried out by its destructor: declare it before the lock.
struct pool::deferred_work {
    deferred_work() = default;
    deferred_work(const deferred_work&) = delete;
    deferred_work& operator=(const deferred_work&) = delete;

    ~deferred_work()
    {
        for (const auto& connection : to_close) {
            connection->close(errc::client_closed, false);
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

    std::vector<std::shared_ptr<connection>> to_close;
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
