#include "call/call.hpp"

#include "call/deadline.hpp"
#include "retry/retry_after.hpp"
#include "runtime/notify.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <string_view>

namespace sipher::detail {

namespace {

/// Of a quota that is used up, its details tell when there will be a new one.
std::optional<std::chrono::milliseconds> time_until_reset(const boost::json::value& details, std::string_view date,
                                                          clock::wall_time wall)
{
    const auto* const members = details.if_object();
    const auto* const reset = members != nullptr ? members->if_contains("resetAt") : nullptr;
    const auto when = reset != nullptr && reset->is_string() ? parse_utc_time(reset->get_string()) : std::nullopt;
    if (!when) {
        return std::nullopt;
    }
    const auto left = *when - parse_http_date(date).value_or(wall);
    return left > std::chrono::milliseconds::zero() ? std::optional{left} : std::nullopt;
}

} // namespace

exchange_request call::prepare_exchange()
{
    exchange_started_ = now_;
    reused_ = lease_.reused();
    lease_.use();
    exchange_request wanted;
    wanted.expects_no_body = message_.method == verb::head;
    wanted.keep_fields = options_.info != nullptr;
    wanted.request_id = request_id_;
    wanted.write_timeout = services_->options.timeouts.write;
    wanted.deadline = std::min(deadline_, deadline_after(exchange_started_, services_->options.timeouts.attempt));
    const client_options& options = services_->options;
    services_->requests.write(lease_->request_text(), message_, options_,
                              options.api_key_provider ? key_ : options.api_key, request_id_);
    return wanted;
}

void call::take_report()
{
    const exchange_report& report = lease_->report();
    code_ = report.code;
    if (!report.problem.empty()) {
        story().problem = report.problem;
    }
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
    if (story_) {
        facts.is_json = story_->refusal.is_json;
        facts.says_retryable = story_->refusal.retryable;
        facts.says_unavailable = is_told("SERVICE_UNAVAILABLE");
        facts.is_daily_quota = is_told("DAILY_QUOTA_EXCEEDED");
    }
    facts.ambiguous_before = outcome_ >= outcome::unknown;
    facts.retry_updates = retry_.retry_updates;
    return facts;
}

verdict call::end_attempt()
{
    if (status_ >= 300) {
        story().refusal = decode_service_error(status_, lease_->body());
    }
    const verdict decided = classify(facts());
    const bool succeeded = decided.what == action::succeed || decided.what == action::succeed_already_absent;
    if (lease_) {
        read_answer(decided);
        const bool shutting_down = status_ == 503 && is_told("SERVICE_UNAVAILABLE");
        if (!lease_->report().code) {
            lease_.answered();
        }
        if (lease_->report().reusable && !shutting_down && decided.what != action::replay) {
            lease_.keep(lease_->head().keep_alive);
        }
        if (decided.what == action::replay && reused_) {
            lease_.drop_contemporaries();
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
    if (services_->service_time.is_stale(now_)) {
        using namespace std::chrono_literals;
        if (const auto date = parse_http_date(lease_->head().date)) {
            services_->service_time.learn({*date, 1s}, exchange_started_, now_, services_->timers->time().wall_now());
        }
    }
    if (decided.what == action::succeed && options_.info == nullptr) {
        return;
    }
    const response_head& head = lease_->head();
    call_story& told = story();
    told.answer_request_id = head.request_id;
    told.location = head.location;
    told.rate_limit = head.rate_limit;
    told.fields = head.fields;
}

void call::learn_rate_limit()
{
    const response_head& head = lease_->head();
    if (!head.retry_after.empty()) {
        retry_after_ = parse_retry_after(head.retry_after, head.date, services_->timers->time().wall_now());
    }
    const bool quota = is_told("DAILY_QUOTA_EXCEEDED");
    if (quota && !retry_after_) {
        retry_after_ = time_until_reset(story_->refusal.details, head.date, services_->timers->time().wall_now());
    }
    const bool refused = status_ == 429 && !quota;
    if (services_->gate.learn(head.rate_limit, refused, retry_after_, now_)) {
        rate_limit_event event;
        event.closed_for = services_->gate.opens_at() - now_;
        event.refused = refused;
        event.state = head.rate_limit;
        notify(services_->options.observer.get(), &observer::on_rate_limit, event);
    }
}

void call::record_attempt(const verdict& decided)
{
    observer* const watcher = services_->options.observer.get();
    if (!decided.code && options_.info == nullptr && watcher == nullptr) {
        return;
    }
    attempt& made = story().attempts.emplace_back();
    made.code = decided.code;
    made.reached = reached_;
    made.address = lease_ ? lease_->address() : std::string{};
    made.reused = reused_;
    made.bytes_written = bytes_written_;
    made.status = status_;
    made.request_id = request_id_;
    made.duration = now_ - attempt_started_;
    made.outcome = decided.outcome;
    if (watcher == nullptr) {
        return;
    }
    const std::string target = redact_session_ids(target_of(message_));
    attempt_event event;
    event.operation = operation_;
    event.verb = to_string(message_.method);
    event.target = target;
    event.number = attempts_told();
    event.attempt = &made;
    notify(watcher, &observer::on_attempt, event);
}

} // namespace sipher::detail
