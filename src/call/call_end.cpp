#include "call/call.hpp"

#include "retry/backoff.hpp"
#include "runtime/notify.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

/// An attempt that has less time than this is not worth beginning.
constexpr std::chrono::milliseconds shortest_attempt{50};

} // namespace

clock::time_point call::schedule_next(const verdict& decided)
{
    if (decided.code == asio::error::operation_aborted) {
        fail(decided.code, end_reason::cancelled);
    }
    if (services_->closing) {
        fail(errc::client_closed, end_reason::client_closed);
    }
    if (now_ >= deadline_ && decided.code != errc::pool_timeout) {
        fail(errc::deadline_exceeded, end_reason::deadline);
    }
    throw_unless_repeatable(decided);
    if (decided.what == action::replay && !replayed_) {
        replayed_ = true;
        --attempts_made_;
        return now_;
    }
    return now_ + delay_within_limits(decided);
}

retry_context call::make_context(const verdict& decided) const
{
    retry_context context;
    context.operation = operation_;
    context.attempts = attempts_told();
    context.code = decided.code;
    context.status = status_;
    context.outcome = decided.outcome;
    context.may_apply_twice = !is_idempotent(kind_) && decided.outcome >= outcome::unknown;
    context.retry_after = retry_after_;
    return context;
}

void call::throw_unless_repeatable(const verdict& decided)
{
    const bool suggested = decided.what != action::fail;
    if (!retry_.should_retry) {
        if (!suggested) {
            fail(decided.code, decided.not_repeatable ? end_reason::not_repeatable : end_reason::permanent);
        }
        return;
    }
    const retry_context context = make_context(decided);
    if (!retry_.should_retry(context, suggested)) {
        fail(decided.code, end_reason::policy);
    }
    if (context.may_apply_twice && !retry_.allow_duplicates) {
        fail(decided.code, end_reason::not_repeatable);
    }
}

std::chrono::nanoseconds call::wanted_delay(const verdict& decided)
{
    const auto usual = next_delay(retry_, attempts_made_, decided.throttled, retry_after_, services_->chance->unit());
    if (!retry_.delay) {
        return usual;
    }
    const std::chrono::nanoseconds least = retry_after_.value_or(std::chrono::milliseconds{});
    return std::max(retry_.delay(make_context(decided), usual), least);
}

std::chrono::nanoseconds call::delay_within_limits(const verdict& decided)
{
    if (attempts_made_ >= retry_.max_attempts) {
        fail(decided.code, end_reason::attempts_exhausted);
    }
    const auto delay = wanted_delay(decided);
    if (deadline_ != clock::time_point::max() && delay > deadline_ - now_ - shortest_attempt) {
        fail(decided.code, end_reason::deadline);
    }
    constexpr unsigned cost = 5;
    constexpr unsigned cost_of_timeout = 10;
    const unsigned price = decided.code == errc::attempt_timeout ? cost_of_timeout : cost;
    if (!services_->budget.withdraw(price)) {
        fail(decided.code, end_reason::budget_exhausted);
    }
    tokens_paid_ += price;
    retry_event event;
    event.operation = operation_;
    event.number = attempts_told();
    event.delay = delay;
    event.code = decided.code;
    notify(services_->options.observer.get(), &observer::on_retry, event);
    return delay;
}

void call::succeed()
{
    learn_fate(true);
    services_->budget.deposit(attempts_made_ == 1 ? 1 : tokens_paid_);
    if (options_.info != nullptr) {
        fill_info();
    }
}

void call::learn_fate(bool succeeded)
{
    if (!message_.subject) {
        return;
    }
    const bool unknown_to_service = is_told("SESSION_NOT_FOUND") || is_told("SESSION_EXPIRED");
    const bool may_be_deleted = kind_ == operation_kind::remove && (succeeded || outcome_ >= outcome::unknown);
    if (unknown_to_service || may_be_deleted) {
        services_->dead.add(*message_.subject);
    } else if (succeeded) {
        services_->dead.remove(*message_.subject);
    }
}

void call::learn_service_time(std::optional<clock::wall_time> stamp)
{
    // What is new must not be taken for expired, whatever was learned a moment ago.
    if (stamp && (kind_ == operation_kind::create || services_->service_time.is_inexact(now_))) {
        services_->service_time.learn({*stamp, service_clock::exact}, exchange_started_, now_,
                                      services_->timers->time().wall_now());
    }
}

void call::fill_info()
{
    response_info& info = *options_.info;
    const call_story& told = story();
    info.status = status_;
    info.headers = told.fields;
    info.request_id = told.answer_request_id.empty() ? request_id_ : told.answer_request_id;
    info.attempts = told.attempts;
    info.timings.total = now_ - started_;
    info.timings.connection = exchange_started_ - attempt_started_;
    info.timings.exchange = reached_ >= phase::writing ? now_ - exchange_started_ : std::chrono::nanoseconds{};
    info.rate_limit = told.rate_limit;
    info.ambiguous_prior_attempt = outcome_ >= outcome::unknown;
}

std::string call::describe(error_code code) const
{
    if (code.category() == service_category()) {
        return story_->refusal.message;
    }
    if (code == code_) {
        return story_->problem;
    }
    if (code == errc::rate_limited || code == errc::client_closed || code == errc::session_gone) {
        return story_->problem;
    }
    if (attempts_told() != 0 && story_->attempts.back().code != code) {
        return "the last attempt ended with: " + story_->attempts.back().code.message() +
               (story_->problem.empty() ? "" : " (" + story_->problem + ")");
    }
    return {};
}

void call::fail(error_code code, end_reason reason)
{
    lease_ = {};
    learn_fate(false);
    if (options_.info != nullptr) {
        fill_info();
    }
    call_story& told = story();
    error_report report;
    report.code = code;
    report.operation = operation_;
    report.message = describe(code);
    report.outcome = outcome_;
    report.status = status_;
    report.service_code = std::move(told.refusal.code);
    report.service_message = std::move(told.refusal.service_message);
    report.details = std::move(told.refusal.details);
    report.request_id = told.answer_request_id.empty() ? request_id_ : told.answer_request_id;
    report.location = told.location;
    report.retry_after = retry_after_;
    report.attempts = told.attempts;
    report.ended_because = reason;
    throw make_error(std::move(report));
}

void call::fail_payload(const decode_error& why)
{
    code_ = errc::bad_payload;
    call_story& told = story();
    told.problem = why.to_string();
    verdict decided;
    decided.code = code_;
    decided.outcome =
        is_idempotent(kind_) && kind_ != operation_kind::update ? outcome::unknown : outcome::applied_result_lost;
    told.answer_request_id = lease_->head().request_id;
    told.location = lease_->head().location;
    outcome_ = std::max(outcome_, decided.outcome);
    if (told.attempts.empty() || told.attempts.back().request_id != request_id_) {
        record_attempt(decided);
    } else {
        told.attempts.back().code = code_;
        told.attempts.back().outcome = decided.outcome;
    }
    fail(code_, end_reason::permanent);
}

} // namespace sipher::detail
