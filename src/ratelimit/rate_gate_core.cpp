#include "ratelimit/rate_gate_core.hpp"

#include <algorithm>

namespace sipher::detail {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

/// Spacing of released requests while the limit is unknown.
constexpr nanoseconds usual_spacing = 50ms;
/// Maximum offset of a turn within its slot.
constexpr nanoseconds longest_jitter = 10s;
/// For a paced account, requests unsent during this time may be sent later at once.
constexpr nanoseconds longest_saving = 1h;

nanoseconds time_until(clock::time_point when, clock::time_point now)
{
    return when > now ? when - now : 0ns;
}

} // namespace

clock::time_point rate_gate_core::opens_at() const noexcept
{
    clock::time_point latest = refused_until_;
    for (const named_window& each : windows_) {
        latest = std::max(latest, each.window.closed_until());
    }
    return latest;
}

clock::time_point rate_gate_core::free_from() const noexcept
{
    return queue_.empty() ? std::max(opens_at(), paced_until_) : clock::time_point::max();
}

std::optional<nanoseconds> rate_gate_core::enter(gate_waiter& waiter, bool again, clock::time_point now)
{
    if (!rules_.enabled || now >= free_from()) {
        return 0ns;
    }
    const nanoseconds wait =
        again ? time_until(std::max(opens_at(), paced_until_), now) : expected_wait(waiter.place, now);
    if (waiter.deadline <= now || wait >= waiter.deadline - now) {
        return std::max<nanoseconds>(wait, 1ns);
    }
    const bool is_first = queue_.empty();
    if (is_first) {
        // All earlier waiters have gone or given up.
        next_slot_ = opens_at();
    }
    again ? queue_.push_front(waiter) : queue_.push_back(waiter);
    waiter.since = now;
    by_age_.push_back(waiter);
    if (is_first) {
        choose_turn(now);
        const nanoseconds until_turn = time_until(next_release(), now);
        if (refuse_first() != nullptr) {
            return until_turn;
        }
    }
    return std::nullopt;
}

nanoseconds rate_gate_core::expected_wait(const queue_place& place, clock::time_point now) const noexcept
{
    const clock::time_point first = queue_.empty() ? std::max(opens_at(), paced_until_) : next_release();
    return wait_behind(queue_.ahead_of_next(place), time_until(first, now), now);
}

nanoseconds rate_gate_core::wait_behind(std::size_t ahead, nanoseconds until_first,
                                        clock::time_point now) const noexcept
{
    constexpr nanoseconds longest = std::chrono::years{100};
    const auto count = static_cast<nanoseconds::rep>(ahead);
    return spacing(now) > 0ns && count > (longest - until_first) / spacing(now) ? longest
                                                                                : until_first + count * spacing(now);
}

void rate_gate_core::leave(gate_waiter& waiter) noexcept
{
    queue_.erase(waiter);
    take_out(waiter);
}

void rate_gate_core::take_out(gate_waiter& waiter) noexcept
{
    by_age_.erase(by_age_.iterator_to(waiter));
}

gate_waiter* rate_gate_core::release(clock::time_point now) noexcept
{
    gate_waiter* const next = now >= next_release() ? queue_.front() : nullptr;
    if (next != nullptr) {
        queue_.serve(*next);
        take_out(*next);
        choose_turn(now);
    }
    return next;
}

clock::time_point rate_gate_core::next_release() const noexcept
{
    return queue_.empty() ? clock::time_point::max() : std::max({turn_, opens_at(), paced_until_});
}

gate_waiter* rate_gate_core::refuse_first() noexcept
{
    gate_waiter* const first = queue_.front();
    if (first == nullptr || first->deadline > next_release()) {
        return nullptr;
    }
    leave(*first);
    return first;
}

void rate_gate_core::refuse(clock::time_point now, gate_waiter_list& refused) noexcept
{
    const nanoseconds until_first = time_until(next_release(), now);
    queue_.for_each([&](gate_waiter& each, std::size_t ahead) {
        if (each.deadline - now <= wait_behind(ahead, until_first, now)) {
            leave(each);
            refused.push_back(each);
        }
    });
}

gate_waiter* rate_gate_core::dismiss() noexcept
{
    gate_waiter* const first = queue_.front();
    if (first != nullptr) {
        leave(*first);
    }
    return first;
}

/// Chooses a random time in the next slot.
void rate_gate_core::choose_turn(clock::time_point now) noexcept
{
    const clock::time_point slot = std::max({next_slot_, opens_at(), paced_until_});
    const nanoseconds width = spacing(now);
    next_slot_ = slot + width;
    turn_ = slot + std::chrono::duration_cast<nanoseconds>(std::min(width, longest_jitter) * jitter_->unit());
}

nanoseconds rate_gate_core::spacing(clock::time_point now) const noexcept
{
    nanoseconds widest{};
    for (const named_window& each : windows_) {
        widest = std::max(widest, each.window.spacing(now, rules_.pacing));
    }
    return widest == 0ns ? usual_spacing : widest;
}

bool rate_gate_core::pass(bool has_turn, clock::time_point now)
{
    if (!rules_.enabled) {
        return true;
    }
    // With pacing, calls released together are not sent together.
    if (now < std::max(opens_at(), paced_until_) || (!has_turn && !queue_.empty())) {
        return false;
    }
    count(now);
    return true;
}

bool rate_gate_core::pass_by_reserve(clock::time_point now)
{
    for (const named_window& each : windows_) {
        if (now < each.window.reserve_closed_until()) {
            return false;
        }
    }
    count(now);
    return true;
}

void rate_gate_core::discount() noexcept
{
    for (named_window& each : windows_) {
        each.window.discount();
    }
}

void rate_gate_core::set(const rate_window::account& reported, clock::time_point now)
{
    const clock::time_point opened_at = opens_at();
    rate_window& window = *find(0);
    if (!window.is_account()) {
        paced_until_ = now;
    }
    window.set(reported, now);
    reopen(opened_at, now);
}

void rate_gate_core::count(clock::time_point now)
{
    sent_before_ += windows_.empty() ? 1 : 0;
    nanoseconds pause{};
    nanoseconds saved{};
    for (named_window& each : windows_) {
        each.window.count(now);
        pause = std::max(pause, each.window.pause(now, rules_.pacing));
        saved = each.window.is_account() ? longest_saving : 0ns;
    }
    if (pause > 0ns) {
        // Unused time is credited, so that a burst after a rest is not delayed.
        paced_until_ = std::max(paced_until_, now - saved) + pause;
    }
}

/// Reschedules waiting calls to the gate's new opening.
void rate_gate_core::reopen(clock::time_point opened_at, clock::time_point now) noexcept
{
    if (opens_at() != opened_at && !queue_.empty()) {
        next_slot_ = std::max(opens_at(), now);
        choose_turn(now);
    }
}

rate_window* rate_gate_core::find(std::uint64_t name)
{
    for (named_window& each : windows_) {
        if (each.name == name) {
            return &each.window;
        }
    }
    if (windows_.size() == windows_.capacity()) {
        return nullptr;
    }
    return &windows_.emplace_back(named_window{name, rate_window{sent_before_}}).window;
}

bool rate_gate_core::learn(const lesson& reported, clock::time_point now)
{
    if (!rules_.enabled || (!reported.refused && reported.policies.empty())) {
        return false;
    }
    const clock::time_point opened_at = opens_at();
    for (const rate_policy_state& each : reported.policies) {
        if (rate_window* const known = find(each.name)) {
            known->learn(each.state, reported.sent, now);
            if (reported.refused && !reported.retry_after && !each.state.remaining && each.state.reset) {
                known->refuse_until(now + std::min<std::chrono::milliseconds>(*each.state.reset, longest_closure));
            }
        }
    }
    if (reported.refused && reported.retry_after) {
        const clock::time_point until = now + std::min(*reported.retry_after, longest_closure);
        refused_until_ = std::max(refused_until_, until);
        // `Retry-After` overrides the service's statement about its window.
        for (named_window& each : windows_) {
            if (each.window.closed_until() > opened_at) {
                each.window.refuse_until(until);
            }
        }
    }
    const clock::time_point opens = opens_at();
    reopen(opened_at, now);
    const bool is_news = opens > std::max(now, announced_until_);
    announced_until_ = std::max(announced_until_, opens);
    return is_news;
}

nanoseconds rate_gate_core::longest_wait(clock::time_point now) const noexcept
{
    return by_age_.empty() ? 0ns : time_until(now, by_age_.front().since);
}

std::optional<unsigned> rate_gate_core::remaining(clock::time_point now) const noexcept
{
    std::optional<unsigned> fewest;
    for (const named_window& each : windows_) {
        const auto left = each.window.remaining(now);
        fewest = fewest && left ? std::min(fewest, left) : fewest ? fewest : left;
    }
    return fewest;
}

} // namespace sipher::detail
