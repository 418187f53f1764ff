#include "call/call_attempt.hpp"

#include "base/deadline.hpp"
#include "call/key_provider.hpp"
#include "call/request_fields.hpp"
#include "model/decode_usage.hpp"
#include "options/validation.hpp"
#include "pool/keep_alive_limit.hpp"
#include "retry/retry_after.hpp"
#include "runtime/notify.hpp"

#include <algorithm>
#include <utility>

namespace sipher::detail {

namespace {

bool is_allowed(const header_list::value_type& field)
{
    try {
        validate_header(field.first, field.second, {});
        return true;
    } catch (const error&) {
        return false;
    }
}

/// Drops fields that must not be sent, and keeps the last one of each name.
header_list sound(const header_list& wanted)
{
    header_list kept;
    for (auto field = wanted.begin(); field != wanted.end(); ++field) {
        if (is_allowed(*field) && !contains({field + 1, wanted.end()}, field->first)) {
            kept.push_back(*field);
        }
    }
    return kept;
}

} // namespace

void call_attempt::begin(std::string request_id, clock::time_point now)
{
    connection = {};
    exchanged_ = {};
    state_ = {};
    state_.request_id = std::move(request_id);
    state_.started = state_.exchange_started = now;
}

void call_attempt::ask_for_headers(call_observer& watching, std::size_t number)
{
    attempt_begin_event event;
    event.number = number;
    event.request_id = state_.request_id;
    header_list wanted;
    notify(&watching, &call_observer::on_attempt_begin, event, wanted);
    header_list kept = sound(wanted);
    if (!kept.empty()) {
        state_.note().added_headers = std::move(kept);
    }
}

void call_attempt::take_acquired(acquire_result result)
{
    connection = std::move(result.granted);
    state_.code = result.code;
    state_.reached = result.reached;
    state_.permanent = result.permanent;
    if (!result.message.empty()) {
        state_.note().message = std::move(result.message);
    }
}

void call_attempt::start_exchange(clock::time_point now, clock::time_point deadline,
                                  connection::exchange_completion done)
{
    const client_options& options = request_.client->options;
    const call_options& call = request_.options;
    state_.exchange_started = now;
    state_.reused = connection.reused();
    connection.use();
    exchange_parameters parameters;
    parameters.keep_fields = call.info != nullptr;
    // What arrived within the last millisecond could just as well arrive after the check, which costs a system call.
    // But a request that must not be repeated is not to be written to a connection known to have ended.
    constexpr std::chrono::milliseconds moment{1};
    parameters.looks_first = !state_.reused || !is_idempotent(request_.what.kind) ||
                             std::max(connection.idle_before(), now - connection.last_used()) >= moment;
    parameters.write_timeout = options.timeouts.write;
    parameters.deadline =
        std::min(deadline, deadline_after(now, call.attempt_timeout.value_or(options.timeouts.attempt)));
    secret own_fields;
    request_view request;
    request.method = request_.message.method;
    request.path_prefix = request_.client->url.path_prefix;
    request.target = request_.message.target;
    request.subject = request_.message.subject ? &*request_.message.subject : nullptr;
    const header_span added = state_.notes ? header_span{state_.notes->added_headers} : header_span{};
    request.fields =
        request_.client->fields.of(call, added, has_key_provider(options) ? state_.key : options.api_key, own_fields);
    request.request_id = state_.request_id;
    request.session = call.session ? &call.session->id() : nullptr;
    request.body = request_.message.body;
    connection->start_exchange(request, parameters, std::move(done));
}

verdict call_attempt::end(clock::time_point now, bool ambiguous_before)
{
    response_reading reading = read();
    const verdict decided = classify(make_facts(reading, ambiguous_before));
    if (state_.status != 0) {
        note_response(decided, std::move(reading), now);
    }
    return decided;
}

void call_attempt::take_report(const exchange_report& report)
{
    state_.code = report.code;
    state_.reached = report.reached;
    state_.handshake_refused = report.handshake_refused;
    state_.bytes_written = report.bytes_written;
    state_.fully_written = report.fully_written;
    state_.status = report.header_complete ? exchanged_.head->status : 0;
    if (!report.message.empty()) {
        state_.note().message = report.message;
    }
}

response_reading call_attempt::read()
{
    if (exchanged_.report == nullptr) {
        return {};
    }
    take_report(*exchanged_.report);
    if (state_.status == 0) {
        return {};
    }
    const response_view response{*exchanged_.head, exchanged_.body, exchanged_.report->complete && !state_.code,
                                 request_.message.method == verb::head};
    response_reading reading = read_response(response, request_.decoder);
    state_.from = reading.from;
    return reading;
}

attempt_facts call_attempt::make_facts(const response_reading& reading, bool ambiguous_before) const
{
    attempt_facts facts;
    static_cast<transport_facts&>(facts) = state_;
    static_cast<response_facts&>(facts) = reading;
    facts.kind = request_.what.kind;
    facts.any_written = state_.bytes_written != 0;
    facts.fits_one_record = exchanged_.report != nullptr && exchanged_.report->fits_one_record;
    if (reading.refusal) {
        facts.says = reading.refusal->known;
        facts.says_retryable = reading.refusal->retryable;
        facts.reports_state = reading.refusal->code.empty();
    }
    facts.ambiguous_before = ambiguous_before;
    facts.retry_updates = request_.retry().retry_updates;
    return facts;
}

/// Copies the parts of a response that are needed after its connection has gone to another call.
void call_attempt::note_response(const verdict& decided, response_reading reading, clock::time_point now)
{
    if (reading.refusal) {
        state_.note().refusal = *std::move(reading.refusal);
    }
    const rate_limit_state limit = apply_rate_limit(now);
    if (decided.what == action::succeed && request_.options.info == nullptr) {
        return;
    }
    const response_head& head = *exchanged_.head;
    attempt_notes& notes = state_.note();
    if (state_.from == provenance::service) {
        notes.message = reading.success ? std::move(reading.message) : notes.refusal.message;
    } else if (state_.from == provenance::intermediary && !state_.code) {
        notes.message = std::move(reading.message);
    }
    notes.response_request_id = head.request_id;
    notes.location = head.location;
    notes.rate_limit = limit;
    notes.fields = head.fields;
}

void call_attempt::release(const verdict& decided)
{
    if (!connection) {
        return;
    }
    const exchange_report& report = *exchanged_.report;
    if (!report.code) {
        connection.on_response();
    }
    const bool replayed = decided.what == action::replay;
    if (report.reusable && !says(service_code::unavailable) && !replayed) {
        connection.keep(exchanged_.head->keep_alive);
    }
    if (state_.reused && (replayed || was_dead())) {
        connection.evict_connections_as_old_as(state_.status == 0);
    }
    connection = {};
}

/// Whether an idle connection proved dead: no response was received on it. A timeout proves that only if the connection
/// had been idle for so long that something on the path may have dropped it; otherwise the service is slow.
bool call_attempt::was_dead() const noexcept
{
    const bool is_late = state_.code == errc::attempt_timeout && connection.idle_before() > keep_alive_limit::at_first;
    return state_.status == 0 && (state_.code == errc::no_response || is_late);
}

/// Only the service's own statements about its limit count; an intermediary's refusal is merely a request to wait.
rate_limit_state call_attempt::apply_rate_limit(clock::time_point now)
{
    client_state& client = *request_.client;
    const response_head& head = *exchanged_.head;
    const bool quota = says(service_code::daily_quota);
    if (!head.retry_after.empty() || quota) {
        const clock::wall_time wall = client.timers->time().wall_now();
        state_.retry_after = parse_retry_after(head.retry_after, head.date, wall);
        if (quota) {
            const auto renewal = time_until_renewal(state_.notes->refusal.details, head.date, wall);
            state_.retry_after = std::max(state_.retry_after, renewal);
        }
    }
    if (quota) {
        const quota_refusal refused = read_quota_refusal(state_.notes->refusal.details);
        const auto category = refused.category ? refused.category : quota_category_of(request_.message.target);
        if (category && state_.retry_after) {
            client.day.learn(*category, {refused.limit, 0, *state_.retry_after}, now);
        }
    }
    rate_gate_core::lesson lesson;
    lesson.policies = head.rate_limit.plausible(head.date, client.timers->time());
    lesson.refused = state_.status == 429 && !quota;
    lesson.sent = state_.exchange_started;
    const rate_limit_state state = tightest(lesson.policies);
    if (state_.from != provenance::service) {
        lesson.policies.clear();
    } else if (lesson.refused && !state_.retry_after && !state.reset && state_.notes) {
        state_.retry_after = stated_wait(state_.notes->refusal.details);
    }
    lesson.retry_after = state_.retry_after;
    if (client.gate->learn(lesson, now)) {
        rate_limit_event event;
        event.closed_for = client.gate->opens_at() - now;
        event.refused = lesson.refused;
        event.state = state;
        notify(client.options.observer.get(), &observer::on_rate_limit, event);
    }
    return state;
}

attempt call_attempt::describe(const verdict& decided, clock::time_point now) const
{
    attempt made;
    made.code = decided.code;
    made.reached = state_.reached;
    made.address = connection ? connection->address() : std::string{};
    made.reused = state_.reused;
    made.bytes_written = state_.bytes_written;
    made.status = state_.status;
    made.request_id = state_.request_id;
    made.duration = now - state_.started;
    made.outcome = decided.outcome;
    return made;
}

bool call_attempt::session_is_gone() const noexcept
{
    return state_.from == provenance::service && says(service_code::session_gone);
}

bool call_attempt::says(service_code code) const noexcept
{
    return state_.notes && state_.notes->refusal.known == code;
}

} // namespace sipher::detail
