#pragma once

#include "net/connector.hpp"
#include "runtime/completion.hpp"
#include "runtime/timer_queue.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace sipher::detail {

/// A coroutine on its own strand that waits in one place, `pause`, and is woken by any event.
///
/// It owns its coroutine. Asio may destroy the frames later, so destructors in them must not access this object.
class dial_task : public timer_target {
public:
    ~dial_task() override { timers_->disarm(*this); }

    void on_timer() override
    {
        post_event([] {});
    }

protected:
    dial_task(const boost::asio::any_io_executor& executor, std::shared_ptr<timer_queue> timers)
        : strand_(boost::asio::make_strand(executor)), timers_(std::move(timers))
    {
    }

    /// Posts `what` to the strand and then wakes the coroutine.
    template <class What>
    void post_event(What what)
    {
        boost::asio::post(strand_, [self = self(), what = std::move(what)]() mutable {
            try {
                what();
                if (self->sleeping_) {
                    std::move(self->sleeping_).dispatch();
                }
            } catch (const std::bad_alloc&) {
                // Asio has destroyed the coroutine if it lacked the memory to suspend or resume it.
                self->fail(out_of_memory());
            }
        });
    }

    /// Waits for an event, at most until `at_most`.
    /// @throws connect_failure when the deadline has passed, or the one passed to `stop`.
    boost::asio::awaitable<void> pause(clock::time_point at_most);
    /// The same, until `stream` is ready.
    boost::asio::awaitable<void> wait_for(io_interest what, byte_stream& stream);
    /// Makes the next `pause` throw `why`.
    void stop(connect_failure why) { stop_ = std::move(why); }
    /// The deadline of the following stage. Zero: none.
    void set_deadline(std::chrono::milliseconds timeout);

    virtual void fail(connect_failure why) = 0;
    [[nodiscard]] static connect_failure out_of_memory();
    [[nodiscard]] virtual connect_failure out_of_time() const = 0;

    [[nodiscard]] const auto& strand() const noexcept { return strand_; }
    [[nodiscard]] clock::time_point now() const { return timers_->time().now(); }
    void disarm() noexcept { timers_->disarm(*this); }

private:
    class listener;

    std::shared_ptr<dial_task> self() { return std::static_pointer_cast<dial_task>(shared_from_this()); }

    const boost::asio::strand<boost::asio::any_io_executor> strand_;
    const std::shared_ptr<timer_queue> timers_;
    clock::time_point deadline_ = clock::time_point::max();
    std::optional<connect_failure> stop_;
    bool ready_ = false;
    completion<> sleeping_;
};

} // namespace sipher::detail
