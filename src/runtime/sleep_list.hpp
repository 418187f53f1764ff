#pragma once

#include "runtime/completion.hpp"
#include "runtime/timer_queue.hpp"

#include <sipher/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sipher::detail {

struct sleep_waiter : boost::intrusive::list_base_hook<> {
    /// It is in the list of sleepers.
    bool sleeps = false;
};

/// Calls that wait for a point in time and can all be woken together.
///
/// Thread safety: all members may be called from any thread.
class sleep_list : public std::enable_shared_from_this<sleep_list> {
public:
    sleep_list(boost::asio::any_io_executor executor, std::shared_ptr<timer_queue> timers)
        : executor_(std::move(executor)), timers_(std::move(timers))
    {
    }

    /// Completes at `when` without an error, or with the code passed to `release`, or `not_enough_memory`; never
    /// inline.
    /// Cancellation: every type, with `operation_aborted`.
    template <class CompletionToken>
    auto async_sleep_until(clock::time_point when, CompletionToken&& token)
    {
        return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code)>(
            [self = shared_from_this()](auto handler, clock::time_point until) {
                self->begin(until, completion<boost::system::error_code>{std::move(handler), self->executor_});
            },
            token, when);
    }

    /// Wakes all sleepers with `code`, including later ones.
    void release(boost::system::error_code code) noexcept;

private:
    class sleeper;

    void begin(clock::time_point when, completion<boost::system::error_code> done);
    void wake(sleep_waiter& target, boost::system::error_code code) noexcept;

    const boost::asio::any_io_executor executor_;
    const std::shared_ptr<timer_queue> timers_;
    std::mutex mutex_;
    std::optional<boost::system::error_code> released_;
    boost::intrusive::list<sleep_waiter> sleepers_;
};

} // namespace sipher::detail
