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

/// One who waits for the gate.
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

/// When which request may leave, so that the service's rate limit is kept: decisions without waiting, time passed in.
///
/// The gate is open until a window of the limit is used up or the service refuses a request, and opens again at the end
/// of that window or of the `Retry-After`. Who came in the meantime then goes one by one in the order of a fair queue,
/// each somewhere in its slot of the window, so that the opening is not met by a storm and the clients of a fleet do
/// not go together. Nobody waits who cannot make it by its deadline.
class rate_gate_core {
public:
    struct rules {
        /// Off: the gate is always open.
        bool enabled = true;
        /// Requests are spread over the window from its beginning, not only once it was used up.
        bool pacing = false;
    };

    rate_gate_core(rules chosen, std::shared_ptr<random_source> random) : rules_(chosen), jitter_(std::move(random)) {}

    /// From when on everybody is free to go without asking; `max()` while somebody waits.
    [[nodiscard]] clock::time_point free_from() const noexcept;

    /// Nothing: it waits from now on. Else how long that would be, and it does not, because it is too long; or zero
    /// where there is nothing to wait for.
    /// @param again It had its turn and could not make use of it.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> enter(gate_waiter& waiter, bool again, clock::time_point now);
    void leave(gate_waiter& waiter) noexcept;

    /// Takes out the next one whose turn has come; null if there is none.
    [[nodiscard]] gate_waiter* release(clock::time_point now) noexcept;
    /// When `release` has the next one; `max()` if nobody waits.
    [[nodiscard]] clock::time_point next_release() const noexcept;
    /// Takes out the first one if its turn comes too late; null if it does not.
    [[nodiscard]] gate_waiter* refuse_first() noexcept;
    /// Takes out all whose turn comes too late, as far as is known now.
    void refuse(clock::time_point now, gate_waiter_list& refused) noexcept;
    /// Takes out somebody; null if nobody waits.
    [[nodiscard]] gate_waiter* dismiss() noexcept;
    /// How long until one who came now could go.
    [[nodiscard]] std::chrono::nanoseconds expected_wait(const queue_place& place,
                                                         clock::time_point now) const noexcept;

    /// The last question before a request is sent, which counts it. False: the gate has closed in the meantime.
    /// @param has_turn It was released.
    [[nodiscard]] bool pass(bool has_turn, clock::time_point now);
    /// The same for a request that may use the reserve: nothing but a window of which nothing remains stops it.
    [[nodiscard]] bool pass_by_reserve(clock::time_point now);
    /// A request that has passed did not count.
    void discount() noexcept;
    /// What the service has counted, instead of what was known of it.
    void set(const rate_window::account& reported, clock::time_point now);

    /// What a response says of the limit.
    struct lesson {
        /// Empty unless the service itself responded.
        rate_limit_fields::state_list policies;
        /// It was a 429.
        bool refused = false;
        std::optional<std::chrono::milliseconds> retry_after;
        /// When the request left.
        clock::time_point sent;
    };

    /// @return Whether the gate is closed for longer than was known before.
    bool learn(const lesson& reported, clock::time_point now);

    /// The moment before which nothing is sent.
    [[nodiscard]] clock::time_point opens_at() const noexcept;
    [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }
    /// How long the one has waited that has waited longest.
    [[nodiscard]] std::chrono::nanoseconds longest_wait(clock::time_point now) const noexcept;
    /// Requests left in the window that has the fewest; nothing if that is not known.
    [[nodiscard]] std::optional<unsigned> remaining(clock::time_point now) const noexcept;
    /// Of the account, if there is one.
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
    /// Requests that left before there was one.
    unsigned sent_before_ = 0;
    /// What refusals have asked for.
    clock::time_point refused_until_ = clock::time_point::min();
    /// The latest opening that `learn` has reported.
    clock::time_point announced_until_ = clock::time_point::min();
    /// The next request goes no sooner, so that what remains lasts.
    clock::time_point paced_until_ = clock::time_point::min();

    fair_queue<gate_waiter> queue_;
    boost::intrusive::list<gate_waiter, boost::intrusive::member_hook<gate_waiter, boost::intrusive::list_member_hook<>,
                                                                      &gate_waiter::by_age>>
        by_age_;
    /// When the slot of the one after the first begins, and when the first goes.
    clock::time_point next_slot_ = clock::time_point::min();
    clock::time_point turn_ = clock::time_point::min();
};

} // namespace sipher::detail
