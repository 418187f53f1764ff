#include "call/call.hpp"

#include "retry/backoff.hpp"
#include "retry/retry_after.hpp"
#include "values/validation.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

/// An attempt that has less time than this is not worth beginning.
constexpr milliseconds shortest_attempt{50};

clock::time_point after(clock::time_point start, milliseconds timeout)
{
    return timeout.count() == 0 ? clock::time_point::max() : start + timeout;
}

std::string make_request_id(std::uint64_t bits)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string id(16, '0');
    for (char& c : id) {
        c = digits[bits & 15U];
        bits >>= 4U;
    }
    return id;
}

} // namespace

call::call(std::shared_ptr<call_services> services, const char* operation, operation_kind kind,
           request_message message, call_options options)
    : services_(std::move(services)), operation_(operation), kind_(kind), message_(std::move(message)),
      options_(std::move(options)), retry_(options_.retry.value_or(services_->options.retry)),
      started_(services_->now()),
      deadline_(after(started_, options_.total_timeout.value_or(services_->options.timeouts.total))),
      base_request_id_(options_.request_id.empty() ? make_request_id(services_->chance->bits()) : options_.request_id)
{
    services_->active.fetch_add(1);
}

call::~call()
{
    lease_ = {};
    if (services_->active.fetch_sub(1) == 1 && services_->closing) {
        services_->drained->release({});
    }
}

asio::awaitable<void> call::run()
{
    cancellation_ = co_await asio::this_coro::cancellation_state;
    for (;;) {
        start_attempt();
        while (gate_is_closed()) {
            co_await sleep_until(services_->gate.opens_at());
        }
        lease_ = services_->pool->try_acquire(!is_idempotent(kind_));
        if (!lease_) {
            co_await wait_for_connection();
        }
        if (lease_) {
            exchange_request wanted = prepare_exchange();
            co_await lease_->async_exchange(std::move(wanted), asio::deferred);
            take_report();
        }
        const verdict decided = end_attempt();
        if (decided.what == action::succeed || decided.what == action::succeed_already_absent) {
            co_return;
        }
        const clock::time_point next = schedule_next(decided);
        if (next > services_->now()) {
            co_await sleep_until(next);
        }
    }
}

asio::awaitable<void> call::sleep_until(clock::time_point when)
{
    throw_if_stopped();
    const auto [failure] =
        co_await services_->sleepers->async_sleep_until(when, asio::as_tuple(asio::use_awaitable));
    if (failure) {
        fail(failure, failure == errc::client_closed ? end_reason::client_closed : end_reason::cancelled);
    }
}

asio::awaitable<void> call::wait_for_connection()
{
    acquire_result result = co_await services_->pool->async_acquire(deadline_, asio::use_awaitable);
    lease_ = std::move(result.granted);
    code_ = result.code;
    problem_ = std::move(result.problem);
    reached_ = result.reached;
    permanent_ = result.permanent;
    throw_if_stopped();
}

void call::start_attempt()
{
    throw_if_stopped();
    ++attempts_made_;
    attempt_started_ = exchange_started_ = services_->now();
    request_id_ = base_request_id_;
    if (!attempts_.empty()) {
        request_id_ += "-" + std::to_string(attempts_.size() + 1);
    }
    code_ = {};
    problem_.clear();
    address_.clear();
    reached_ = phase::waiting;
    permanent_ = reused_ = fully_written_ = false;
    bytes_written_ = 0;
    status_ = 0;
    refusal_ = {};
    retry_after_.reset();
    if (services_->options.api_key_provider) {
        key_ = services_->options.api_key_provider();
        validate_api_key(key_, "api_key_provider");
    }
}

void call::throw_if_stopped()
{
    if (cancellation_.cancelled() != asio::cancellation_type::none) {
        fail(asio::error::operation_aborted, end_reason::cancelled);
    }
    if (services_->closing) {
        fail(errc::client_closed, end_reason::client_closed);
    }
}

bool call::gate_is_closed()
{
    const clock::time_point opens = services_->gate.opens_at();
    const clock::time_point now = services_->now();
    if (opens <= now) {
        return false;
    }
    if (opens >= deadline_) {
        retry_after_ = std::chrono::ceil<milliseconds>(opens - now);
        problem_ = "the service's rate limit opens again in " +
                   std::to_string(std::chrono::ceil<std::chrono::seconds>(opens - now).count()) +
                   " s, which is after this call's total timeout";
        fail(errc::rate_limited, end_reason::deadline);
    }
    return true;
}

exchange_request call::prepare_exchange()
{
    exchange_started_ = services_->now();
    reused_ = lease_.reused();
    lease_.use();
    exchange_request wanted;
    wanted.expects_no_body = message_.method == verb::head;
    wanted.keep_fields = options_.info != nullptr;
    wanted.request_id = request_id_;
    wanted.deadline = std::min(deadline_, after(exchange_started_, services_->options.timeouts.attempt));
    const client_options& options = services_->options;
    write_request_text(lease_->request_text(), message_, options, services_->url, options_,
                       options.api_key_provider ? key_ : options.api_key, request_id_);
    return wanted;
}

void call::take_report()
{
    const exchange_report& report = lease_->report();
    code_ = report.code;
    problem_ = report.problem;
    reached_ = report.reached;
    bytes_written_ = report.bytes_written;
    fully_written_ = report.fully_written;
    status_ = report.header_complete ? lease_->head().status : 0;
}

attempt_facts call::facts() const
{
    attempt_facts facts;
    facts.kind = kind_;
    facts.code = code_;
    facts.reached = reached_;
    facts.permanent = permanent_;
    facts.reused = reused_;
    facts.any_written = bytes_written_ != 0;
    facts.fully_written = fully_written_;
    constexpr std::size_t largest_record = 16 * 1024;
    facts.indivisible = lease_ && lease_->request_text().size() <= largest_record;
    facts.status = status_;
    facts.is_json = refusal_.is_json;
    facts.says_retryable = refusal_.retryable;
    facts.says_unavailable = refusal_.code == "SERVICE_UNAVAILABLE";
    facts.is_daily_quota = refusal_.code == "DAILY_QUOTA_EXCEEDED";
    facts.ambiguous_before = outcome_ >= outcome::unknown;
    facts.retry_updates = retry_.retry_updates;
    return facts;
}

verdict call::end_attempt()
{
    if (status_ >= 300) {
        refusal_ = decode_service_error(status_, lease_->body());
    }
    const verdict decided = classify(facts());
    const bool succeeded = decided.what == action::succeed || decided.what == action::succeed_already_absent;
    if (lease_) {
        address_ = lease_->address();
        read_answer(decided);
        const bool shutting_down = status_ == 503 && refusal_.code == "SERVICE_UNAVAILABLE";
        if (lease_->report().reusable && !shutting_down && decided.what != action::replay) {
            lease_.keep(lease_->head().keep_alive);
        }
    }
    if (!succeeded) {
        outcome_ = std::max(outcome_, decided.outcome);
    }
    record_attempt(decided);
    if (succeeded) {
        already_absent_ = decided.what == action::succeed_already_absent;
        succeed();
    } else {
        lease_ = {};
    }
    return decided;
}

/// What is still needed of an answer after its connection went to somebody else.
void call::read_answer(const verdict& decided)
{
    if (status_ == 0) {
        return;
    }
    learn_rate_limit();
    if (decided.what == action::succeed && options_.info == nullptr) {
        return;
    }
    const response_head& head = lease_->head();
    answer_request_id_ = head.request_id;
    location_ = head.location;
    rate_limit_ = head.rate_limit;
    fields_ = head.fields;
}

void call::learn_rate_limit()
{
    const response_head& head = lease_->head();
    if (!head.retry_after.empty()) {
        retry_after_ = parse_retry_after(head.retry_after, head.date, services_->timers->time().wall_now());
    }
    const bool refused = status_ == 429 && refusal_.code != "DAILY_QUOTA_EXCEEDED";
    if (refused || head.rate_limit.remaining == 0U) {
        services_->gate.learn(head.rate_limit, refused, retry_after_, services_->now());
    }
}

void call::record_attempt(const verdict& decided)
{
    observer* const watcher = services_->options.observer.get();
    if (!decided.code && options_.info == nullptr && watcher == nullptr) {
        return;
    }
    attempt& made = attempts_.emplace_back();
    made.code = decided.code;
    made.reached = reached_;
    made.address = address_;
    made.reused = reused_;
    made.bytes_written = bytes_written_;
    made.status = status_;
    made.request_id = request_id_;
    made.duration = services_->now() - attempt_started_;
    made.outcome = decided.outcome;
    if (watcher == nullptr) {
        return;
    }
    const std::string target = redact_session_ids(message_.target);
    attempt_event event;
    event.operation = operation_;
    event.verb = to_string(message_.method);
    event.target = target;
    event.number = attempts_.size();
    event.attempt = &made;
    try {
        watcher->on_attempt(event);
    } catch (...) { // NOLINT(bugprone-empty-catch): an observer cannot make a call fail
    }
}

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
    if (decided.what == action::fail) {
        fail(decided.code, decided.not_repeatable ? end_reason::not_repeatable : end_reason::permanent);
    }
    if (decided.what == action::replay && !replayed_) {
        // Where one idle connection had ended unnoticed, its contemporaries have too.
        services_->pool->drop_idle();
        replayed_ = true;
        --attempts_made_;
        return now;
    }
    return now + delay_within_limits(decided);
}

std::chrono::nanoseconds call::delay_within_limits(const verdict& decided)
{
    if (attempts_made_ >= retry_.max_attempts) {
        fail(decided.code, end_reason::attempts_exhausted);
    }
    const auto delay =
        next_delay(retry_, attempts_made_, decided.throttled, retry_after_, services_->chance->unit());
    if (deadline_ != clock::time_point::max() && services_->now() + delay + shortest_attempt > deadline_) {
        fail(decided.code, end_reason::deadline);
    }
    constexpr unsigned cost = 5;
    constexpr unsigned cost_of_timeout = 10;
    const unsigned price = decided.code == errc::attempt_timeout ? cost_of_timeout : cost;
    if (!services_->budget.withdraw(price)) {
        fail(decided.code, end_reason::budget_exhausted);
    }
    tokens_paid_ += price;
    if (observer* const watcher = services_->options.observer.get()) {
        retry_event event;
        event.operation = operation_;
        event.number = attempts_.size();
        event.delay = delay;
        event.code = decided.code;
        try {
            watcher->on_retry(event);
        } catch (...) { // NOLINT(bugprone-empty-catch): an observer cannot make a call fail
        }
    }
    return delay;
}

void call::succeed()
{
    services_->budget.deposit(attempts_made_ == 1 ? 1 : tokens_paid_);
    if (options_.info != nullptr) {
        fill_info();
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
    if (code == errc::rate_limited || code == errc::client_closed) {
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
    decided.outcome = is_idempotent(kind_) && kind_ != operation_kind::update ? outcome::unknown
                                                                              : outcome::applied_result_lost;
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
