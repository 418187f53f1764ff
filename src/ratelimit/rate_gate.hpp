#pragma once

#include "ratelimit/rate_gate_core.hpp"
#include "runtime/waiting_call.hpp"

#include <sipher/client_stats.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sipher::detail {

/// A request to the gate.
struct gate_request {
    gate_request() = default;

    queue_place place;
    clock::time_point deadline = clock::time_point::max();
    /// It had a turn before and could not use it.
    bool again = false;
    /// `refuse_waiting` does not concern it.
    bool cleans_up = false;
};

/// The result of waiting at the gate.
struct gate_result {
    gate_result() = default;
    explicit gate_result(boost::system::error_code why_not, std::chrono::nanoseconds wait_needed = {}) noexcept
        : code(why_not), wait(wait_needed)
    {
    }

    /// `errc::rate_limited`: its turn would come after its deadline.
    boost::system::error_code code;
    /// In that case, how long it would have to wait.
    std::chrono::nanoseconds wait{};
};

class gate_call;

/// The gate in front of the service's rate limit: carries out what `rate_gate_core` decides.
///
/// Thread safety: all members may be called from any thread.
class rate_gate final : public timer_target {
public:
    rate_gate(rate_gate_core::rules chosen, std::shared_ptr<random_source> random,
              boost::asio::any_io_executor executor, std::shared_ptr<timer_queue> timers);
    ~rate_gate() override;

    /// Whether to continue without waiting; the usual and cheap case.
    [[nodiscard]] bool is_open(clock::time_point now) const noexcept
    {
        return now.time_since_epoch().count() >= free_from_.load(std::memory_order_acquire);
    }

    /// Waits for a turn; completes with a `gate_result`, never inline. Cancellation: every type.
    template <class CompletionToken>
    auto async_wait(const gate_request& wanted, CompletionToken&& token)
    {
        return boost::asio::async_initiate<CompletionToken, void(gate_result)>(
            [self = self()](auto handler, const gate_request& asked) {
                self->wait(asked, completion<gate_result>{std::move(handler), self->executor_});
            },
            token, wanted);
    }

    /// As in `rate_gate_core`.
    [[nodiscard]] bool pass(bool has_turn, clock::time_point now);
    bool learn(const rate_gate_core::lesson& reported, clock::time_point now);
    [[nodiscard]] clock::time_point opens_at() const;
    /// False: even the reserve is used up; the request is not counted, and the service will refuse it.
    [[nodiscard]] bool pass_by_reserve(clock::time_point now);
    void discount() noexcept;
    void set(const rate_window::account& reported, clock::time_point now);
    [[nodiscard]] rate_window::balance balance_at(clock::time_point now) const;
    [[nodiscard]] rate_gate_stats stats(clock::time_point now) const;

    /// Ends all waits with `client_closed`, including later ones except for clean-up.
    void refuse_waiting() noexcept;
    /// Ends all waits with `client_closed`, including later ones.
    void close() noexcept;

    void on_timer() override;

private:
    friend class gate_call;
    class aftermath;

    std::shared_ptr<rate_gate> self() { return std::static_pointer_cast<rate_gate>(shared_from_this()); }
    void wait(const gate_request& asked, completion<gate_result> done);
    void give_up(gate_call& call, boost::system::error_code why) noexcept;

    // These require the mutex to be held.
    void admit(gate_call& call, const gate_request& asked, aftermath& after) noexcept;
    void go_on(aftermath& after, clock::time_point now) noexcept;
    void refuse_late(aftermath& after, clock::time_point opened_at, clock::time_point now) noexcept;

    /// Changes what is known of the limit, then ends the waits that this concerns. Requires the mutex not to be held.
    template <class Step>
    void change(clock::time_point now, Step step);

    const boost::asio::any_io_executor executor_;
    const std::shared_ptr<timer_queue> timers_;
    /// For queries without the mutex.
    std::atomic<clock::time_point::rep> free_from_;

    mutable std::mutex mutex_;
    rate_gate_core core_;
    bool refusing_ = false;
    bool closed_ = false;
    clock::time_point timer_at_ = clock::time_point::max();
};

} // namespace sipher::detail
