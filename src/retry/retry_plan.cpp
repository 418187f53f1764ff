#include "retry/retry_plan.hpp"

#include "retry/backoff.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>

namespace sipher::detail {

namespace {

/// An attempt with less time than this is not started.
constexpr std::chrono::milliseconds shortest_attempt{50};
/// No call waits longer than this for the service.
constexpr std::chrono::hours longest_wait{24};
constexpr unsigned price_of_retry = 5;
constexpr unsigned price_after_timeout = 10;

retry_plan end(const boost::system::error_code& code, end_reason reason)
{
    retry_plan plan;
    plan.code = code;
    plan.reason = reason;
    return plan;
}

retry_context make_context(const retry_state& state, const verdict& decided)
{
    retry_context context;
    context.operation = state.what.name;
    context.attempts = state.all_attempts;
    context.code = decided.code;
    context.status = state.status;
    context.outcome = decided.outcome;
    context.may_apply_twice = !is_idempotent(state.what.kind) && decided.outcome >= outcome::unknown;
    context.retry_after = state.retry_after;
    return context;
}

/// Why the request must not be repeated; empty if it may be.
std::optional<end_reason> refusal(const retry_options& options, const retry_state& state, const verdict& decided)
{
    const bool suggested = decided.what != action::fail;
    if (!options.should_retry) {
        if (suggested) {
            return std::nullopt;
        }
        return decided.not_repeatable ? end_reason::not_repeatable : end_reason::permanent;
    }
    const retry_context context = make_context(state, decided);
    if (!options.should_retry(context, suggested)) {
        return end_reason::policy;
    }
    return context.may_apply_twice && !options.allow_duplicates ? std::optional{end_reason::not_repeatable}
                                                                : std::nullopt;
}

std::chrono::nanoseconds wanted_delay(const retry_options& options, const retry_state& state, const verdict& decided,
                                      double random)
{
    const auto usual = next_delay(options, state.counted_attempts, decided.throttled, state.retry_after, random);
    if (!options.delay) {
        return usual;
    }
    const std::chrono::nanoseconds least = state.retry_after.value_or(std::chrono::milliseconds{});
    return std::max(options.delay(make_context(state, decided), usual), least);
}

bool fits(std::chrono::nanoseconds delay, const retry_state& state)
{
    if (state.retry_after.value_or(std::chrono::milliseconds{}) > longest_wait) {
        return false;
    }
    return state.deadline == clock::time_point::max() || delay <= state.deadline - state.now - shortest_attempt;
}

/// A received response takes precedence over any other reason that ends the call at the same time.
std::optional<retry_plan> stopped(const retry_state& state, const verdict& decided)
{
    const bool has_response = state.status != 0;
    if (state.closing) {
        return end(has_response ? decided.code : errc::client_closed, end_reason::client_closed);
    }
    if (decided.code == errc::pool_timeout || decided.code == errc::deadline_exceeded) {
        return end(decided.code, end_reason::deadline);
    }
    if (state.now >= state.deadline) {
        return end(has_response ? decided.code : errc::deadline_exceeded, end_reason::deadline);
    }
    return std::nullopt;
}

} // namespace

retry_plan plan_next(const retry_options& options, const retry_state& state, const verdict& decided,
                     retry_budget& budget, double random)
{
    if (decided.code == boost::asio::error::operation_aborted) {
        return end(decided.code, end_reason::cancelled);
    }
    const bool final_response = decided.what == action::fail && state.status != 0 && !options.should_retry;
    if (!final_response) {
        if (auto stop = stopped(state, decided)) {
            return *stop;
        }
    }
    if (const auto reason = refusal(options, state, decided)) {
        return end(decided.code, *reason);
    }
    retry_plan plan;
    plan.what = retry_plan::step::replay;
    if (decided.what == action::replay && !state.replayed) {
        return plan;
    }
    if (state.counted_attempts >= options.max_attempts) {
        return end(decided.code, end_reason::attempts_exhausted);
    }
    plan.what = retry_plan::step::retry;
    plan.delay = std::max(wanted_delay(options, state, decided, random), std::chrono::nanoseconds{});
    if (!fits(plan.delay, state)) {
        return end(decided.code, end_reason::deadline);
    }
    plan.price = decided.code == errc::attempt_timeout ? price_after_timeout : price_of_retry;
    if (!budget.withdraw(plan.price)) {
        return end(decided.code, end_reason::budget_exhausted);
    }
    return plan;
}

} // namespace sipher::detail
