#include "pool/deferred_work.hpp"
#include "pool/pool.hpp"
#include "pool/prewarm_op.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <memory>
#include <utility>

namespace sipher::detail {

void pool::prewarm(std::size_t ready, completion<acquire_result> done)
{
    const auto op = std::make_shared<prewarm_op>(ready, std::move(done));
    if (auto slot = op->done.slot(); slot.is_connected()) {
        slot.assign([weak_pool = std::weak_ptr<pool>{self()},
                     weak_op = std::weak_ptr<prewarm_op>{op}](boost::asio::cancellation_type) {
            const auto owner = weak_pool.lock();
            const auto waiting = weak_op.lock();
            if (owner && waiting) {
                owner->stop_prewarming(*waiting);
            }
        });
    }
    deferred_work work{watcher_.get()};
    const std::lock_guard lock{mutex_};
    prewarms_.push_back(op);
    if (!closed_) {
        dial(core_.begin_spare_dials(ready));
    }
    end_prewarms(nullptr, work);
}

void pool::stop_prewarming(const prewarm_op& op)
{
    deferred_work work{watcher_.get()};
    const std::lock_guard lock{mutex_};
    for (auto position = prewarms_.begin(); position != prewarms_.end(); ++position) {
        if (position->get() == &op) {
            work.prewarmed.emplace_back(std::move((*position)->done),
                                        not_acquired(boost::asio::error::operation_aborted));
            prewarms_.erase(position);
            return;
        }
    }
}

/// Tells those who have nothing more to wait for.
void pool::end_prewarms(const connect_result* failure, deferred_work& work)
{
    const std::size_t ready = core_.idle() + core_.busy();
    for (auto position = prewarms_.begin(); position != prewarms_.end();) {
        prewarm_op& op = **position;
        if (failure != nullptr && !op.code) {
            op.code = failure->code;
            op.problem = failure->problem;
        }
        if (closed_) {
            op.code = errc::client_closed;
            op.problem.clear();
        } else if (ready >= op.wanted) {
            op.code = {};
            op.problem.clear();
        } else if (core_.dialing() != 0) {
            ++position;
            continue;
        }
        work.prewarmed.emplace_back(std::move(op.done), not_acquired(op.code, std::move(op.problem)));
        position = prewarms_.erase(position);
    }
}

} // namespace sipher::detail
