#include "retry/rate_gate.hpp"

#include <algorithm>

namespace sipher::detail {

namespace {

using namespace std::chrono_literals;

/// A longer one is a mistake of somebody's.
constexpr std::chrono::milliseconds longest_closure = 1h;
/// The end of a window is told in whole seconds: two that are closer are the same.
constexpr auto same_window = 1500ms;
/// Between two requests that waited, where nothing is known of the limit.
constexpr std::chrono::nanoseconds usual_spacing = 50ms;

} // namespace

bool rate_gate::is_free(const ticket& mine, clock::time_point now) const
{
    if (mine.queued_) {
        return now >= mine.turn_;
    }
    return now >= opens_at_ && queue_.empty() && (!rules_.pacing || now >= next_slot_);
}

std::optional<clock::time_point> rate_gate::wait_until(ticket& mine, clock::time_point now)
{
    if (!rules_.enabled) {
        return std::nullopt;
    }
    const std::lock_guard lock{mutex_};
    if (is_free(mine, now)) {
        return std::nullopt;
    }
    if (!mine.queued_) {
        enqueue(mine);
    }
    return mine.turn_;
}

bool rate_gate::pass(ticket& mine, clock::time_point now)
{
    if (!rules_.enabled) {
        return true;
    }
    const std::lock_guard lock{mutex_};
    if (!is_free(mine, now)) {
        return false;
    }
    if (mine.queued_) {
        queue_.erase(queue_.iterator_to(mine));
        mine.queued_ = false;
    }
    count(now);
    return true;
}

void rate_gate::leave(ticket& gone) noexcept
{
    if (!gone.queued_) {
        return;
    }
    const std::lock_guard lock{mutex_};
    queue_.erase(queue_.iterator_to(gone));
    gone.queued_ = false;
}

void rate_gate::enqueue(ticket& mine)
{
    if (queue_.empty() && !rules_.pacing) {
        // Those who were to go before have gone, or have given up.
        next_slot_ = opens_at_;
    }
    mine.turn_ = next_turn();
    queue_.push_back(mine);
    mine.queued_ = true;
}

/// Somewhere in the next slot, so that the clients of a fleet do not go together.
clock::time_point rate_gate::next_turn()
{
    const clock::time_point slot = std::max(next_slot_, opens_at_);
    const std::chrono::nanoseconds width = spacing();
    next_slot_ = slot + width;
    return slot + std::chrono::duration_cast<std::chrono::nanoseconds>(width * jitter_->unit());
}

std::chrono::nanoseconds rate_gate::spacing() const
{
    if (limit_.value_or(0) == 0) {
        return usual_spacing;
    }
    return std::chrono::nanoseconds{window_} / *limit_;
}

/// A request leaves.
void rate_gate::count(clock::time_point now)
{
    if (now >= window_ends_) {
        remaining_.reset();
    }
    if (!remaining_) {
        return;
    }
    *remaining_ -= *remaining_ == 0 ? 0 : 1;
    if (*remaining_ == 0) {
        close_until(window_ends_);
    } else if (rules_.pacing) {
        next_slot_ = std::max(next_slot_, now + (window_ends_ - now) / *remaining_);
    }
}

bool rate_gate::close_until(clock::time_point when)
{
    if (when <= opens_at_) {
        return false;
    }
    opens_at_ = when;
    next_slot_ = when;
    for (ticket& each : queue_) {
        each.turn_ = next_turn();
    }
    return true;
}

void rate_gate::merge(const rate_limit_state& state, clock::time_point now)
{
    limit_ = state.limit ? state.limit : limit_;
    window_ = std::max(1s, std::min<std::chrono::seconds>(state.window.value_or(window_), 1h));
    if (!state.remaining) {
        return;
    }
    // The service leaves out a zero.
    const auto left = state.reset.value_or(*state.remaining == 0 ? window_ : 0s);
    const clock::time_point ends = now + std::min<std::chrono::milliseconds>(left, longest_closure);
    if (ends > window_ends_ + same_window) {
        remaining_ = state.remaining;
        window_ends_ = ends;
    } else if (ends + same_window > window_ends_) {
        remaining_ = std::min(remaining_.value_or(*state.remaining), *state.remaining);
        window_ends_ = std::max(window_ends_, ends);
    }
}

bool rate_gate::learn(const rate_limit_state& state, bool refused, std::optional<std::chrono::milliseconds> retry_after,
                      clock::time_point now)
{
    if (!rules_.enabled || (!refused && !state.remaining && !state.window)) {
        return false;
    }
    const std::lock_guard lock{mutex_};
    merge(state, now);
    bool closed = false;
    if (refused && retry_after) {
        closed = close_until(now + std::min(*retry_after, longest_closure));
    } else if (refused && state.reset) {
        closed = close_until(now + std::min<std::chrono::milliseconds>(*state.reset, longest_closure));
    }
    if (remaining_ == 0U && window_ends_ > now && !(refused && retry_after)) {
        closed = close_until(window_ends_) || closed;
    }
    return closed;
}

clock::time_point rate_gate::opens_at() const
{
    const std::lock_guard lock{mutex_};
    return opens_at_;
}

} // namespace sipher::detail
