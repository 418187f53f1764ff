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
        dial(core_.begin_spare_dials(ready), work);
    }
    end_prewarms(nullptr, work);
}

void pool::stop_prewarming(const prewarm_op& op)
{
    deferred_work work{watcher_.get()};
    const std::lock_guard lock{mutex_};
    for (auto position = prewarms_.begin(); position != prewarms_.end(); ++position) {
        if (position->get() == &op) {
            (*position)->result = not_acquired(boost::asio::error::operation_aborted);
            work.prewarmed.splice(work.prewarmed.end(), prewarms_, position);
            return;
        }
    }
}

/// Tells those who have nothing more to wait for.
void pool::end_prewarms(const connect_result* failure, deferred_work& work)
{
    const std::size_t ready = core_.idle() + core_.busy();
    for (auto position = prewarms_.begin(); position != prewarms_.end();) {
        acquire_result& result = (*position)->result;
        if (failure != nullptr && !result.code) {
            result = not_acquired(failure->code, failure->problem);
        }
        if (closed_) {
            result = not_acquired(errc::client_closed);
        } else if (ready >= (*position)->wanted) {
            result = {};
        } else if (core_.dialing() != 0) {
            ++position;
            continue;
        }
        const auto ended = position++;
        work.prewarmed.splice(work.prewarmed.end(), prewarms_, ended);
    }
}

} // namespace sipher::detail
