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
    const clock::time_point now = services_->now();
    if (decided.code == asio::error::operation_aborted) {
        fail(decided.code, end_reason::cancelled);
    }
    if (services_->closing) {
        fail(errc::client_closed, end_reason::client_closed);
    }
    if (now >= deadline_ && decided.code != errc::pool_timeout) {
        fail(errc::deadline_exceeded, end_reason::deadline);
    }
    throw_unless_repeatable(decided);
    if (decided.what == action::replay && !replayed_) {
        replayed_ = true;
        --attempts_made_;
        return now;
    }
    return now + delay_within_limits(decided);
}

retry_context call::make_context(const verdict& decided) const
{
    retry_context context;
    context.operation = operation_;
    context.attempts = attempts_.size();
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
    if (deadline_ != clock::time_point::max() && delay > deadline_ - services_->now() - shortest_attempt) {
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
    event.number = attempts_.size();
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
    const bool unknown_to_service = refusal_.code == "SESSION_NOT_FOUND" || refusal_.code == "SESSION_EXPIRED";
    const bool may_be_deleted = kind_ == operation_kind::remove && (succeeded || outcome_ >= outcome::unknown);
    if (unknown_to_service || may_be_deleted) {
        services_->dead.add(*message_.subject);
    } else if (succeeded) {
        services_->dead.remove(*message_.subject);
    }
}

void call::learn_service_time(std::optional<clock::wall_time> stamp)
{
    using namespace std::chrono_literals;
    if (stamp) {
        services_->service_time.learn({*stamp, 1ms}, exchange_started_, services_->now(),
                                      services_->timers->time().wall_now());
    }
}

void call::fill_info() const
{
    response_info& info = *options_.info;
    const clock::time_point now = services_->now();
    info.status = status_;
    info.headers = fields_;
    info.request_id = answer_request_id_.empty() ? request_id_ : answer_request_id_;
    info.attempts = attempts_;
    info.timings.total = now - started_;
    info.timings.connection = exchange_started_ - attempt_started_;
    info.timings.exchange = reached_ >= phase::writing ? now - exchange_started_ : std::chrono::nanoseconds{};
    info.rate_limit = rate_limit_;
    info.ambiguous_prior_attempt = outcome_ >= outcome::unknown;
}

std::string call::describe(error_code code) const
{
    if (code.category() == service_category()) {
        return refusal_.message;
    }
    if (code == code_) {
        return problem_;
    }
    if (code == errc::rate_limited || code == errc::client_closed || code == errc::session_gone) {
        return problem_;
    }
    if (!attempts_.empty() && attempts_.back().code != code) {
        return "the last attempt ended with: " + attempts_.back().code.message() +
               (problem_.empty() ? "" : " (" + problem_ + ")");
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
    error_report report;
    report.code = code;
    report.operation = operation_;
    report.message = describe(code);
    report.outcome = outcome_;
    report.status = status_;
    report.service_code = std::move(refusal_.code);
    report.service_message = std::move(refusal_.service_message);
    report.details = std::move(refusal_.details);
    report.request_id = answer_request_id_.empty() ? request_id_ : answer_request_id_;
    report.location = location_;
    report.retry_after = retry_after_;
    report.attempts = attempts_;
    report.ended_because = reason;
    throw make_error(std::move(report));
}

void call::fail_payload(const decode_error& why)
{
    code_ = errc::bad_payload;
    problem_ = why.to_string();
    verdict decided;
    decided.code = code_;
    decided.outcome =
        is_idempotent(kind_) && kind_ != operation_kind::update ? outcome::unknown : outcome::applied_result_lost;
    answer_request_id_ = lease_->head().request_id;
    location_ = lease_->head().location;
    outcome_ = std::max(outcome_, decided.outcome);
    if (attempts_.empty() || attempts_.back().request_id != request_id_) {
        record_attempt(decided);
    } else {
        attempts_.back().code = code_;
        attempts_.back().outcome = decided.outcome;
    }
    fail(code_, end_reason::permanent);
}

} // namespace sipher::detail
