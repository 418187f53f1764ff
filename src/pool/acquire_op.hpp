#pragma once

#include "pool/pool.hpp"

namespace sipher::detail {

/// One call that waits. The pool's mutex guards it, but for `done`, which belongs to whoever took the op off the
/// queue.
class pool::acquire_op final : public pool_waiter, public timer_target {
public:
    acquire_op(const std::shared_ptr<pool>& owner, completion<acquire_result> waiting_handler)
        : done(std::move(waiting_handler)), owner_(owner), timers_(owner->timers_)
    {
    }
    ~acquire_op() override { timers_->disarm(*this); }

    void on_timer() override;
    void connect_cancellation();

    completion<acquire_result> done;
    /// What it is to complete with, once it was taken off the queue.
    acquire_result result;
    /// Keeps the op alive while it is in the queue.
    std::shared_ptr<acquire_op> self;

private:
    const std::weak_ptr<pool> owner_;
    const std::shared_ptr<timer_queue> timers_;
};

} // namespace sipher::detail
