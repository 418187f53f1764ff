#include "retry/rate_gate.hpp"

#include <algorithm>
#include <utility>

namespace sipher::detail {

namespace {

using namespace std::chrono_literals;

/// A longer one is a mistake of somebody's.
constexpr std::chrono::milliseconds longest_closure = 1h;
/// The end of a window is told in whole seconds: two that are closer are the same.
constexpr auto same_window = 1500ms;
/// Of the last few requests, so many more than others lately used are left to them, but not more than a part of all.
constexpr unsigned spare = 3;
constexpr unsigned largest_part_left = 20;
/// Sharing does not make anybody wait longer than this part of the window.
constexpr int longest_pause = 10;
/// Between two requests that waited, where nothing is known of the limit.
constexpr std::chrono::nanoseconds usual_spacing = 50ms;

} // namespace

bool rate_gate::is_free(const ticket& mine, clock::time_point now) const
{
    if (now < paced_until_) {
        return false;
    }
    return mine.queued_ ? now >= mine.turn_ : now >= opens_at_ && queue_.empty();
}

void rate_gate::tell_when_free() noexcept
{
    const clock::time_point when = queue_.empty() ? std::max(opens_at_, paced_until_) : clock::time_point::max();
    free_from_.store(when.time_since_epoch().count(), std::memory_order_release);
}

std::optional<clock::time_point> rate_gate::wait_until(ticket& mine, clock::time_point now)
{
    if (!rules_.enabled || now.time_since_epoch().count() >= free_from_.load(std::memory_order_acquire)) {
        return std::nullopt;
    }
    const std::lock_guard lock{mutex_};
    if (is_free(mine, now)) {
        return std::nullopt;
    }
    if (!mine.queued_) {
        enqueue(mine);
    }
    return std::max(mine.turn_, paced_until_);
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
    tell_when_free();
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
    tell_when_free();
}

void rate_gate::enqueue(ticket& mine)
{
    if (queue_.empty()) {
        // Those who were to go before have gone, or have given up.
        next_slot_ = opens_at_;
    }
    mine.turn_ = next_turn();
    queue_.push_back(mine);
    mine.queued_ = true;
    tell_when_free();
}

/// Somewhere in the next slot, so that the clients of a fleet do not go together.
clock::time_point rate_gate::next_turn()
{
    const clock::time_point slot = std::max({next_slot_, opens_at_, paced_until_});
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
    if (now >= window_ends_ && remaining_) {
        remaining_.reset();
        uncounted_ = 0;
    }
    if (!remaining_) {
        ++uncounted_;
        return;
    }
    *remaining_ -= *remaining_ == 0 ? 0 : 1;
    const bool shared = is_to_be_shared();
    if (*remaining_ == 0 || (shared && *remaining_ <= left_to_others())) {
        close_until(window_ends_);
    } else if (shared || rules_.pacing) {
        slow_down(now);
    }
}

unsigned rate_gate::left_to_others() const
{
    return std::min(foreign_ + spare, limit_.value_or(0) / largest_part_left);
}

bool rate_gate::is_to_be_shared() const
{
    return (shared_ || shared_before_) && *remaining_ <= limit_.value_or(0) / 2;
}

/// What remains is to last until the end of the window, for the others as well.
void rate_gate::slow_down(clock::time_point now)
{
    const auto share = (window_ends_ - now) / *remaining_ * (foreign_ + 1);
    const auto longest = std::max<std::chrono::nanoseconds>(window_ / longest_pause, spacing());
    paced_until_ = now + std::min<std::chrono::nanoseconds>(share, longest);
}

void rate_gate::close_until(clock::time_point when)
{
    if (when <= opens_at_) {
        return;
    }
    opens_at_ = when;
    next_slot_ = when;
    for (ticket& each : queue_) {
        each.turn_ = next_turn();
    }
}

void rate_gate::merge(const rate_limit_state& state, clock::time_point now)
{
    limit_ = state.limit ? state.limit : limit_;
    window_ = std::max(1s, std::min<std::chrono::seconds>(state.window.value_or(window_), 1h));
    if (!state.remaining) {
        return;
    }
    // The service leaves out a zero.
    const auto left = state.reset.value_or(*state.remaining == 0 ? state.window.value_or(0s) : 0s);
    const clock::time_point ends = now + std::min<std::chrono::milliseconds>(left, longest_closure);
    if (ends > window_ends_ + same_window) {
        remaining_ = state.remaining;
        window_ends_ = ends;
        paced_until_ = clock::time_point::min();
        shared_before_ = std::exchange(shared_, false);
    } else if (ends + same_window > window_ends_) {
        const unsigned expected = remaining_.value_or(*state.remaining);
        remaining_ = std::min(expected, *state.remaining);
        const unsigned fallen = expected - *remaining_;
        const unsigned ours = std::min(fallen, uncounted_);
        uncounted_ -= ours;
        // It is forgotten slowly: answers that come together do not show it one by one.
        shared_ = shared_ || fallen > ours;
        foreign_ = std::max(fallen - ours, foreign_ == 0 ? 0 : foreign_ - 1);
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
    if (refused && retry_after) {
        close_until(now + std::min(*retry_after, longest_closure));
    } else if (refused && state.reset) {
        close_until(now + std::min<std::chrono::milliseconds>(*state.reset, longest_closure));
    }
    if (remaining_ == 0U && window_ends_ > now && !(refused && retry_after)) {
        close_until(window_ends_);
    }
    // Closed by the last request itself, it is told with the next answer.
    tell_when_free();
    const bool is_news = opens_at_ > std::max(now, told_until_);
    told_until_ = std::max(told_until_, opens_at_);
    return is_news;
}

clock::time_point rate_gate::opens_at() const
{
    const std::lock_guard lock{mutex_};
    return opens_at_;
}

} // namespace sipher::detail
