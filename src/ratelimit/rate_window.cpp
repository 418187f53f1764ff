#include "ratelimit/rate_window.hpp"

#include <algorithm>

namespace sipher::detail {

namespace {

using namespace std::chrono_literals;

/// The end of a window is reported in whole seconds: ends closer than this are considered equal.
constexpr auto same_window = 1500ms;
/// Divisor: the maximum pause for other clients is this fraction of a window.
constexpr int longest_pause = 10;
/// Number of window lengths for which a self-contradicting window is distrusted.
constexpr int windows_distrusted = 5;

} // namespace

void rate_window::learn(const rate_limit_state& reported, clock::time_point sent, clock::time_point now)
{
    limit_ = reported.limit ? reported.limit : limit_;
    length_ = reported.window.value_or(length_);
    if (!reported.remaining || now < distrusted_until_) {
        return;
    }
    // The service omits a zero.
    const auto in = reported.reset.value_or(*reported.remaining == 0 ? reported.window.value_or(0s) : 0s);
    const auto left = std::min<std::chrono::milliseconds>(in, longest_closure);
    const bool is_known = remaining_ && now < ends_;
    const bool is_later = sent > heard_at_;
    const bool ends_later = sent + left > ends_ + same_window;
    const bool ends_sooner = now + left + same_window < ends_not_before_;
    const bool rises = *reported.remaining > least_reported_;
    if (is_known && is_later && !may_have_ended(now) && (ends_later || ends_sooner || rises)) {
        distrust(now);
        return;
    }
    if (is_known && ends_sooner) {
        return; // A late response about the previous window.
    }
    if (!is_known || ends_later || (is_later && rises)) {
        begin(*reported.remaining);
        ends_not_before_ = sent + left;
        ends_ = now + left;
    } else {
        go_on(*reported.remaining);
        ends_not_before_ = std::max(ends_not_before_, sent + left);
        ends_ = std::max(ends_, now + left);
    }
    heard_at_ = now;
    used_up_ = used_up_ || *remaining_ == 0;
}

void rate_window::begin(unsigned remaining) noexcept
{
    remaining_ = least_reported_ = remaining;
    used_up_ = false;
    sharing_.begin_window();
}

void rate_window::go_on(unsigned remaining) noexcept
{
    const unsigned expected = *remaining_;
    remaining_ = std::min(expected, remaining);
    least_reported_ = std::min(least_reported_, remaining);
    const unsigned fallen = expected - *remaining_;
    const unsigned ours = std::min(fallen, uncounted_);
    uncounted_ -= ours;
    sharing_.saw_others(fallen - ours);
}

/// The service rounds up to whole seconds, so a window may end up to one second sooner.
bool rate_window::may_have_ended(clock::time_point now) const noexcept
{
    return now + same_window >= ends_not_before_;
}

void rate_window::distrust(clock::time_point now) noexcept
{
    distrusted_until_ = now + windows_distrusted * std::min<std::chrono::milliseconds>(length_, longest_closure);
    remaining_.reset();
    used_up_ = false;
}

void rate_window::refuse_until(clock::time_point when) noexcept
{
    remaining_ = least_reported_ = 0;
    used_up_ = true;
    ends_not_before_ = ends_ = when;
}

void rate_window::set(const account& reported, clock::time_point now) noexcept
{
    is_account_ = true;
    limit_ = reported.limit;
    length_ = reported.length;
    remaining_ = std::min(reported.remaining, reported.limit);
    reserve_ = std::min(reported.reserve, reported.limit);
    used_up_ = *remaining_ <= reserve_;
    ends_not_before_ = ends_ = now + reported.renewed_in;
}

rate_window::balance rate_window::balance_at(clock::time_point now) const noexcept
{
    if (!is_account_) {
        return {};
    }
    rate_window renewed{*this};
    renewed.renew(now);
    return {*renewed.limit_, *renewed.remaining_, renewed.reserve_, renewed.ends_};
}

void rate_window::renew(clock::time_point now) noexcept
{
    if (now < ends_ || !remaining_) {
        return;
    }
    used_up_ = false;
    if (!is_account_) {
        remaining_.reset();
        uncounted_ = 0;
        return;
    }
    remaining_ = limit_;
    ends_ += (now - ends_) / length_ * length_ + length_;
}

void rate_window::discount() noexcept
{
    if (remaining_ && *remaining_ < *limit_) {
        ++*remaining_;
        used_up_ = used_up_ && *remaining_ <= reserve_;
    }
}

void rate_window::count(clock::time_point now) noexcept
{
    renew(now);
    if (!remaining_) {
        ++uncounted_;
        return;
    }
    *remaining_ -= *remaining_ == 0 ? 0 : 1;
    const unsigned limit = limit_.value_or(0);
    used_up_ = *remaining_ <= reserve_ ||
               (sharing_.applies(*remaining_, limit) && *remaining_ <= sharing_.left_to_others(limit));
}

std::chrono::nanoseconds rate_window::pause(clock::time_point now, bool paces) const noexcept
{
    const std::chrono::nanoseconds even = spacing(now, paces);
    if (used_up_ || !remaining_ || now >= ends_ || even == 0ns) {
        return 0ns;
    }
    if (is_account_) {
        return even;
    }
    const bool is_shared = sharing_.applies(*remaining_, limit_.value_or(0));
    if (!is_shared && !paces) {
        return 0ns;
    }
    const auto fair_share = std::chrono::nanoseconds{ends_ - now} / *remaining_;
    const auto longest = std::max<std::chrono::nanoseconds>(length_ / longest_pause, even);
    return std::min(sharing_.pause(fair_share), longest);
}

std::chrono::nanoseconds rate_window::spacing(clock::time_point now, bool paces) const noexcept
{
    if (is_account_) {
        const unsigned left = std::max(remaining_.value_or(0), reserve_) - reserve_;
        const bool lasts = paces && now < ends_ && left != 0;
        return lasts ? std::chrono::nanoseconds{ends_ - now} / left : 0ns;
    }
    if (limit_.value_or(0) == 0 || length_ > longest_closure) {
        return 0ns;
    }
    return std::chrono::nanoseconds{length_} / *limit_;
}

} // namespace sipher::detail
