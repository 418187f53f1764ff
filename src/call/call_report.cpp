#include "call/call_report.hpp"

#include "base/mask.hpp"
#include "call/call.hpp"
#include "call/key_provider.hpp"
#include "errors/error_report.hpp"
#include "options/validation.hpp"
#include "runtime/notify.hpp"

#include <sipher/error_code.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace sipher::detail {

using boost::system::error_code;

namespace {

/// The next viewing key in a JSON text of our own making, of which it leaves the rest.
std::optional<std::string_view> take_viewing_key(std::string_view& body)
{
    constexpr std::string_view member = R"("defaultViewingKey":")";
    const std::size_t at = body.find(member);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    body.remove_prefix(at + member.size());
    return body.substr(0, body.find('"'));
}

/// What to check when the key was refused.
std::string about_key(const client_state& client)
{
    if (client.options.api_key.empty() && !has_key_provider(client.options)) {
        return "; this client has no API key (from_environment() takes it from SIPHER_API_KEY)";
    }
    return "; the key comes from " + client.key_origin;
}

} // namespace

/// A response may echo the secrets of the request; our own texts never contain them.
std::string call_report::mask_secrets(std::string text) const
{
    if (call_.attempt_.state().status == 0) {
        return text;
    }
    const secret& key =
        call_.attempt_.state().key.empty() ? call_.client().options.api_key : call_.attempt_.state().key;
    text = mask(std::move(text), key.reveal());
    std::string_view body = call_.request_.message.body;
    for (auto viewing_key = take_viewing_key(body); viewing_key; viewing_key = take_viewing_key(body)) {
        text = mask(std::move(text), *viewing_key);
        // Its digits may be repeated without their prefix, but a few of them are in any text.
        constexpr std::size_t prefix = 2;
        constexpr std::size_t revealing = 4;
        if (viewing_key->size() >= prefix + revealing) {
            text = mask(std::move(text), viewing_key->substr(prefix));
        }
    }
    return text;
}

std::string call_report::describe(error_code code) const
{
    const attempt_notes* const notes = call_.attempt_.state().notes.get();
    std::string message = notes != nullptr ? notes->message : std::string{};
    const bool is_of_attempt = call_.attempts_.empty() || call_.attempts_.back().code == code;
    const bool is_of_call = code == errc::rate_limited || code == errc::quota_exhausted || code == errc::session_gone ||
                            code == errc::callback_failed || code == errc::invalid_request;
    if (is_of_attempt || is_of_call) {
        return message;
    }
    return "the last attempt ended with: " + call_.attempts_.back().code.message() +
           (message.empty() ? "" : " (" + message + ")");
}

error call_report::to_error(error_code code, end_reason reason, std::exception_ptr cause) const
{
    error_report report;
    report.code = code;
    report.operation = call_.request_.what.name;
    report.message = mask_secrets(describe(code));
    if (code == condition::unauthorized) {
        report.message += about_key(call_.client());
    }
    report.outcome = call_.outcome_;
    report.status = call_.attempt_.state().status;
    report.request_id = call_.attempt_.state().request_id;
    report.retry_after = call_.attempt_.state().retry_after;
    report.attempts = call_.attempts_;
    report.ended_because = reason;
    report.cause = std::move(cause);
    if (const attempt_notes* const notes = call_.attempt_.state().notes.get()) {
        report.service_code = mask_secrets(notes->refusal.code);
        report.service_message = mask_secrets(notes->refusal.service_message);
        report.details = notes->refusal.details;
        report.location = notes->location;
        if (!notes->response_request_id.empty()) {
            report.request_id = mask_secrets(notes->response_request_id);
        }
    }
    return make_error(std::move(report));
}

void call_report::fill(response_info& info) const
{
    const attempt_state& last = call_.attempt_.state();
    info.status = last.status;
    info.request_id = last.request_id;
    info.attempts = call_.attempts_;
    info.timings.total = call_.now_ - call_.started_;
    info.timings.connection = last.exchange_started - last.started;
    info.timings.exchange =
        last.reached >= phase::writing ? call_.now_ - last.exchange_started : std::chrono::nanoseconds{};
    info.ambiguous_prior_attempt = call_.outcome_ >= outcome::unknown;
    info.headers.clear();
    info.rate_limit = {};
    if (last.notes) {
        info.headers = last.notes->fields;
        info.rate_limit = last.notes->rate_limit;
        if (!last.notes->response_request_id.empty()) {
            info.request_id = last.notes->response_request_id;
        }
    }
}

std::unique_ptr<call_observer> call_report::notify_begin() const noexcept
{
    observer* const event_observer = call_.client().options.observer.get();
    if (event_observer == nullptr) {
        return nullptr;
    }
    try {
        const std::string target = redact_session_ids(target_of(call_.request_.message));
        const base_url& url = call_.client().url;
        const std::string base = (url.tls ? "https://" : "http://") + url.host_field + url.path_prefix;
        call_event event;
        event.operation = call_.request_.what.name;
        event.verb = to_string(call_.request_.message.method);
        event.target = target;
        event.base_url = base;
        event.request_id = call_.base_request_id_;
        event.trace_parent = call_.request_.options.trace_parent;
        return event_observer->on_call(event);
    } catch (...) {
        return nullptr; // As with `notify`: exceptions from the observer are swallowed.
    }
}

void call_report::notify_attempt() const
{
    const std::string target = redact_session_ids(target_of(call_.request_.message));
    attempt_event event;
    event.operation = call_.request_.what.name;
    event.verb = to_string(call_.request_.message.method);
    event.target = target;
    event.number = call_.attempts_.size();
    event.attempt = &call_.attempts_.back();
    notify(call_.client().options.observer.get(), &observer::on_attempt, event);
    notify(call_.watching_.get(), &call_observer::on_attempt, event);
}

void call_report::notify_end(const error* failure) const noexcept
{
    call_end_event event;
    event.failure = failure;
    event.status = call_.attempt_.state().status;
    event.attempts = call_.attempts_.size();
    event.duration = call_.now_ - call_.started_;
    notify(call_.watching_.get(), &call_observer::on_end, event);
}

} // namespace sipher::detail
