#pragma once

#include "http1/rate_limit_fields.hpp"
#include "ratelimit/rate_window.hpp"
#include "runtime/fair_queue.hpp"
#include "runtime/random_source.hpp"

#include <sipher/clock.hpp>

#include <boost/container/static_vector.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace sipher::detail {

/// A call that waits for the gate.
struct gate_waiter : fair_queue_member {
    gate_waiter(const queue_place& at, clock::time_point give_up_at) noexcept
        : fair_queue_member(at), deadline(give_up_at)
    {
    }

    const clock::time_point deadline;
    clock::time_point since;
    boost::intrusive::list_member_hook<> by_age;
};

using gate_waiter_list = boost::intrusive::list<gate_waiter>;

/// Decides when each request may be sent, to respect the service's rate limit. Pure decisions; the time is passed in.
///
/// The gate is open until a window of the limit is used up or the service refuses a request, and reopens at the end of
/// that window or of the `Retry-After`. Waiting calls are then released one by one in the order of a fair queue, each
/// at a random time in its slot of the window, which avoids a burst at the opening and lockstep within a fleet. A call
/// that would miss its deadline does not wait.
class rate_gate_core {
public:
    struct rules {
        /// Off: the gate is always open.
        bool enabled = true;
        /// Spread requests over the window from its start, not only after it was used up.
        bool pacing = false;
    };

    rate_gate_core(rules chosen, std::shared_ptr<random_source> random) : rules_(chosen), jitter_(std::move(random)) {}

    /// From then on calls may pass without asking; `max()` while any call waits.
    [[nodiscard]] clock::time_point free_from() const noexcept;

    /// Empty: the call now waits. Otherwise it does not: zero means no wait is needed; any other value is a wait that
    /// would miss its deadline.
    /// @param again It had a turn before and could not use it.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> enter(gate_waiter& waiter, bool again, clock::time_point now);
    void leave(gate_waiter& waiter) noexcept;

    /// Removes the next waiter whose turn has come; null if there is none.
    [[nodiscard]] gate_waiter* release(clock::time_point now) noexcept;
    /// When `release` will return the next waiter; `max()` if none waits.
    [[nodiscard]] clock::time_point next_release() const noexcept;
    /// Removes the first waiter if its turn comes too late; otherwise null.
    [[nodiscard]] gate_waiter* refuse_first() noexcept;
    /// Moves out all waiters whose turn will come too late, by current knowledge.
    void refuse(clock::time_point now, gate_waiter_list& refused) noexcept;
    /// Removes any waiter; null if none waits.
    [[nodiscard]] gate_waiter* dismiss() noexcept;
    /// How long a call that came now would wait.
    [[nodiscard]] std::chrono::nanoseconds expected_wait(const queue_place& place,
                                                         clock::time_point now) const noexcept;
    /// Behind so many others, the first of whom waits for `until_first`.
    [[nodiscard]] std::chrono::nanoseconds wait_behind(std::size_t ahead, std::chrono::nanoseconds until_first,
                                                       clock::time_point now) const noexcept;

    /// The final check before a request is sent; counts it. False: the gate has closed in the meantime.
    /// @param has_turn The call was released.
    [[nodiscard]] bool pass(bool has_turn, clock::time_point now);
    /// The same for a request that may use the reserve: only an exhausted window stops it.
    [[nodiscard]] bool pass_by_reserve(clock::time_point now);
    /// Takes back the count of a passed request.
    void discount() noexcept;
    /// Replaces the known state by the service's own account.
    void set(const rate_window::account& reported, clock::time_point now);

    /// A response's statement about the limit.
    struct lesson {
        /// Empty unless the service itself responded.
        rate_limit_fields::state_list policies;
        /// The response was a 429.
        bool refused = false;
        std::optional<std::chrono::milliseconds> retry_after;
        /// When the request was sent.
        clock::time_point sent;
    };

    /// @return Whether the gate is closed for longer than was known before.
    bool learn(const lesson& reported, clock::time_point now);

    /// The moment before which nothing is sent.
    [[nodiscard]] clock::time_point opens_at() const noexcept;
    [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }
    /// The longest wait of any waiter so far.
    [[nodiscard]] std::chrono::nanoseconds longest_wait(clock::time_point now) const noexcept;
    /// Requests left in the window with the fewest; empty if unknown.
    [[nodiscard]] std::optional<unsigned> remaining(clock::time_point now) const noexcept;
    /// The balance of the account, if there is one.
    [[nodiscard]] rate_window::balance balance_at(clock::time_point now) const noexcept
    {
        return windows_.empty() ? rate_window::balance{} : windows_.front().window.balance_at(now);
    }

private:
    struct named_window {
        std::uint64_t name;
        rate_window window;
    };

    void take_out(gate_waiter& waiter) noexcept;
    void count(clock::time_point now);
    void reopen(clock::time_point opened_at, clock::time_point now) noexcept;
    void choose_turn(clock::time_point now) noexcept;
    [[nodiscard]] std::chrono::nanoseconds spacing(clock::time_point now) const noexcept;
    [[nodiscard]] rate_window* find(std::uint64_t name);

    const rules rules_;
    const std::shared_ptr<random_source> jitter_;
    boost::container::static_vector<named_window, most_rate_policies> windows_;
    /// Requests sent before any window was known.
    unsigned sent_before_ = 0;
    /// The end of the waits requested by refusals.
    clock::time_point refused_until_ = clock::time_point::min();
    /// The latest opening that `learn` has reported.
    clock::time_point announced_until_ = clock::time_point::min();
    /// Earliest time of the next request, so that the remaining ones last.
    clock::time_point paced_until_ = clock::time_point::min();

    fair_queue<gate_waiter> queue_;
    boost::intrusive::list<gate_waiter, boost::intrusive::member_hook<gate_waiter, boost::intrusive::list_member_hook<>,
                                                                      &gate_waiter::by_age>>
        by_age_;
    /// When the slot of the second waiter begins, and when the first is released.
    clock::time_point next_slot_ = clock::time_point::min();
    clock::time_point turn_ = clock::time_point::min();
};

} // namespace sipher::detail
