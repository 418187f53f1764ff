#pragma once

#include "runtime/completion.hpp"
#include "runtime/timer_queue.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <new>
#include <utility>

namespace sipher::detail {

/// A call that waits in one of the owner's lists until it is served, its deadline expires, or it is cancelled. Guarded
/// by the owner's mutex, except `done`, which belongs to the code that removed it from its list.
///
/// @tparam Call Derived from this.
/// @tparam Member The element type of the owner's lists.
template <class Call, class Member, class Result>
class waiting_call : public Member, public timer_target {
public:
    using member = Member;
    using result_type = Result;

    ~waiting_call() override { timers_->disarm(*this); }

    void on_timer() final { give_up(late_); }

    void connect_cancellation(boost::asio::cancellation_slot slot)
    {
        if (slot.is_connected()) {
            slot.assign([weak = weak_from_this()](boost::asio::cancellation_type) {
                if (const auto call = std::static_pointer_cast<waiting_call>(weak.lock())) {
                    call->give_up(boost::asio::error::operation_aborted);
                }
            });
        }
    }

    completion<Result> done;
    /// The result to complete with.
    Result result;
    /// Keeps it alive while it is in a list.
    std::shared_ptr<Call> self;

protected:
    /// @param late The code to give up with at the deadline.
    waiting_call(Member base, std::shared_ptr<timer_queue> timers, boost::system::error_code late)
        : Member(std::move(base)), timers_(std::move(timers)), late_(late)
    {
    }

private:
    /// Tells the owner, if it still exists.
    virtual void give_up(boost::system::error_code why) = 0;

    const std::shared_ptr<timer_queue> timers_;
    const boost::system::error_code late_;
};

/// Calls to complete after releasing the owner's mutex, because completion runs user code: declare it before the lock.
/// It does not allocate.
template <class Call>
class ended_calls {
public:
    using member = typename Call::member;

    ended_calls() = default;
    ended_calls(const ended_calls&) = delete;
    ended_calls& operator=(const ended_calls&) = delete;
    ~ended_calls()
    {
        while (!calls_.empty()) {
            auto& first = static_cast<Call&>(calls_.front());
            calls_.pop_front();
            const std::shared_ptr<Call> call = std::move(first.self);
            try {
                std::move(call->done).post(std::move(call->result));
            } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
                // Asio lacked the memory to resume the coroutine, and has destroyed it; its resources have been
                // returned.
            }
        }
    }

    void complete(member& waiter, typename Call::result_type result) noexcept
    {
        static_cast<Call&>(waiter).result = std::move(result);
        calls_.push_back(waiter);
    }

private:
    boost::intrusive::list<member> calls_;
};

} // namespace sipher::detail
