#include "call/call_turn.hpp"

#include "base/deadline.hpp"
#include "runtime/notify.hpp"

#include <sipher/error_code.hpp>

#include <algorithm>

namespace sipher::detail {

namespace {

using std::chrono::nanoseconds;

/// In words, rounded to minutes where seconds do not matter.
std::string duration_text(nanoseconds time)
{
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(time);
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(time);
    if (minutes.count() < 10) {
        return std::to_string(seconds.count()) + " s";
    }
    return std::to_string(minutes.count() / 60) + " h " + std::to_string(minutes.count() % 60) + " min";
}

} // namespace

call_turn::call_turn(const call_request& request) noexcept
    : request_(request), category_(quota_category_of(request.message.target))
{
}

rate_gate* call_turn::day() const noexcept
{
    return category_ ? request_.client->day.find(*category_) : nullptr;
}

bool call_turn::may_use_reserve() const noexcept
{
    return request_.what.is_own || request_.what.kind == operation_kind::remove;
}

rate_gate* call_turn::missing(clock::time_point now) const noexcept
{
    rate_gate* const quota = day();
    if (quota != nullptr && !at_day_.has_turn && !may_use_reserve() && !quota->is_open(now)) {
        return quota;
    }
    rate_gate* const limit = request_.client->gate.get();
    return at_limit_.has_turn || limit->is_open(now) ? nullptr : limit;
}

std::optional<std::chrono::milliseconds> call_turn::queue_timeout() const noexcept
{
    return queue_timeout_of(request_.options, request_.client->options.timeouts);
}

clock::time_point call_turn::end_of_call(clock::time_point extended) const noexcept
{
    return std::min(extended, request_.options.deadline.value_or(clock::time_point::max()));
}

clock::time_point call_turn::latest(clock::time_point deadline, clock::time_point now) const noexcept
{
    const auto allowed = queue_timeout();
    if (!allowed) {
        return deadline;
    }
    return end_of_call(std::max(now, deadline_after(now - waited_, *allowed)));
}

clock::time_point call_turn::end_wait(clock::time_point deadline, nanoseconds waited) noexcept
{
    if (!queue_timeout()) {
        return deadline;
    }
    waited_ += waited;
    return end_of_call(saturating_add(deadline, waited));
}

gate_request call_turn::for_gate(const rate_gate& which, clock::time_point until) const noexcept
{
    gate_request wanted;
    wanted.place = request_.place();
    wanted.deadline = until;
    wanted.cleans_up = request_.what.cleans_up;
    wanted.again = &which == request_.client->gate.get() ? at_limit_.had_turn : at_day_.had_turn;
    return wanted;
}

pool_request call_turn::for_pool(bool careful, clock::time_point until) const noexcept
{
    pool_request wanted;
    wanted.careful = careful;
    wanted.cleans_up = request_.what.cleans_up;
    wanted.deadline = until;
    wanted.place = request_.place();
    return wanted;
}

void call_turn::take(const rate_gate& from) noexcept
{
    (&from == request_.client->gate.get() ? at_limit_ : at_day_).has_turn = true;
}

bool call_turn::pass(rate_gate& gate, place& at, clock::time_point now)
{
    const bool may = gate.pass(at.has_turn, now);
    at.had_turn = at.has_turn && !may;
    at.has_turn = false;
    return may;
}

bool call_turn::use(clock::time_point now)
{
    rate_gate* const quota = day();
    if (quota != nullptr && !may_use_reserve() && !pass(*quota, at_day_, now)) {
        return false;
    }
    const bool is_counted = quota != nullptr && (!may_use_reserve() || quota->pass_by_reserve(now));
    counted_ = is_counted ? quota : nullptr;
    if (!pass(*request_.client->gate, at_limit_, now)) {
        discount();
        at_day_.had_turn = quota != nullptr;
        return false;
    }
    has_share_ = false;
    if (quota != nullptr && request_.client->options.observer) {
        notify_quota(*quota, now);
    }
    return true;
}

void call_turn::discount() noexcept
{
    if (counted_ != nullptr) {
        counted_->discount();
        counted_ = nullptr;
    }
}

std::optional<nanoseconds> call_turn::quota_missing(clock::time_point now) const
{
    const rate_gate* const quota = day();
    if (quota == nullptr || !may_use_reserve()) {
        return std::nullopt;
    }
    const rate_window::balance left = quota->balance_at(now);
    return left.remaining == 0 ? std::optional<nanoseconds>{left.renewed_at - now} : std::nullopt;
}

boost::system::error_code call_turn::refuse(attempt_state& noted_in, const rate_gate& gate, nanoseconds wait,
                                            clock::time_point now) const
{
    if (&gate != request_.client->gate.get()) {
        return refuse_by_quota(noted_in, wait, now);
    }
    noted_in.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
    noted_in.note().message = "the service's rate limit would admit this call in " +
                              std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()) +
                              " s, which is after " + (queue_timeout() ? "its queue timeout" : "it has to end");
    return errc::rate_limited;
}

boost::system::error_code call_turn::refuse_by_quota(attempt_state& noted_in, nanoseconds wait,
                                                     clock::time_point now) const
{
    const rate_window::balance left = day()->balance_at(now);
    std::string text = "the key's quota of " + std::to_string(left.limit) + " requests a day for " +
                       std::string{to_string(*category_)} + " has " + std::to_string(left.remaining) + " left";
    if (left.remaining != 0 && left.remaining <= left.reserve) {
        text += ", kept for deletes and renewals";
    }
    text += left.remaining <= left.reserve ? "; it is renewed in " + duration_text(left.renewed_at - now)
                                           : "; spread over the day, it admits this call in " + duration_text(wait) +
                                                 ", which is after its timeout";
    noted_in.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
    noted_in.note().message = std::move(text);
    return errc::quota_exhausted;
}

void call_turn::notify_quota(const rate_gate& gate, clock::time_point now) const
{
    const rate_window::balance left = gate.balance_at(now);
    const unsigned reached = request_.client->day.reached_threshold(*category_, left);
    if (reached == 0) {
        return;
    }
    quota_event event;
    event.category = to_string(*category_);
    event.threshold = reached;
    event.used = left.limit - left.remaining;
    event.quota = left.limit;
    event.renewed_in = left.renewed_at - now;
    notify(request_.client->options.observer.get(), &observer::on_quota, event);
}

} // namespace sipher::detail
