#include "call/call_request.hpp"

#include "base/deadline.hpp"
#include "base/wipe.hpp"
#include "options/validation.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

namespace sipher::detail {

namespace {

/// The caller's options, validated, or else the client's.
const call_options& checked(const call_options* own, const client_state& client)
{
    if (own == nullptr) {
        return client.no_call_options;
    }
    validate_call_options(*own);
    return *own;
}

} // namespace

std::unique_ptr<const call_options> keep_options(call_options options)
{
    // Names every member, so that a new one does not compile until it is handled here.
    const auto& [total_timeout, queue_timeout, attempt_timeout, deadline, retry, headers, request_id, priority,
                 fairness_key, trace_parent, session, info] = options;
    const bool is_default = !total_timeout && !queue_timeout && !attempt_timeout && !deadline && !retry &&
                            headers.empty() && request_id.empty() && priority == call_priority::normal &&
                            fairness_key.empty() && trace_parent.empty() && !session && info == nullptr;
    if (info != nullptr) {
        *info = {};
    }
    return is_default ? nullptr : std::make_unique<const call_options>(std::move(options));
}

std::string target_of(const request_message& message)
{
    return message.subject ? message.target + "/" + message.subject->to_string() : message.target;
}

clock::time_point deadline_of(const call_options& options, const timeout_options& timeouts, clock::time_point now)
{
    return std::min(deadline_after(now, options.total_timeout.value_or(timeouts.total)),
                    options.deadline.value_or(clock::time_point::max()));
}

std::optional<std::chrono::milliseconds> queue_timeout_of(const call_options& options, const timeout_options& timeouts)
{
    return options.queue_timeout ? options.queue_timeout : timeouts.queue;
}

clock::time_point latest_end_of(const call_options& options, const timeout_options& timeouts, clock::time_point now)
{
    const auto queue = queue_timeout_of(options, timeouts);
    const auto begun_at = queue ? deadline_after(now, *queue) : now;
    return deadline_of(options, timeouts, begun_at);
}

call_request::call_request(std::shared_ptr<client_state> of_client, operation asked, request_message asked_message,
                           result_decoder& asked_decoder, std::unique_ptr<const call_options> kept_options)
    : client(std::move(of_client)), what(asked), message(std::move(asked_message)), decoder(asked_decoder),
      own_options(std::move(kept_options)), options(checked(own_options.get(), *client))
{
}

std::string call_request::make_request_id() const
{
    if (!options.request_id.empty()) {
        return options.request_id;
    }
    static constexpr std::string_view digits = "0123456789abcdef";
    // The longest that fits into a `std::string` without an allocation.
    std::string id(15, '0');
    std::uint64_t bits = client->request_ids.bits();
    for (char& each : id) {
        each = digits[bits & 15U];
        bits >>= 4U;
    }
    return id;
}

queue_place call_request::place() const noexcept
{
    queue_place made;
    switch (options.priority) {
    case call_priority::interactive: made.how_urgent = urgency::interactive; break;
    case call_priority::normal: break;
    case call_priority::background: made.how_urgent = urgency::background; break;
    }
    if (what.is_own) {
        made.how_urgent = urgency::own;
    }
    if (!options.fairness_key.empty()) {
        made.flow = std::hash<std::string>{}(options.fairness_key);
    } else if (message.subject || options.session) {
        made.flow = std::hash<session_id>{}(message.subject ? *message.subject : options.session->id());
    } else {
        // Nothing relates it to other calls, so it is a flow of its own: new agents, which each begin with a create,
        // must not share a single turn.
        made.flow = std::hash<const void*>{}(this);
    }
    return made;
}

std::string_view call_request::why_session_is_gone() const
{
    return options.session ? client->sessions.why_gone(options.session->id(), client->boot_now()) : std::string_view{};
}

call_request::~call_request()
{
    if (!message.body.empty()) {
        wipe(message.body); // It may contain a viewing key.
    }
}

} // namespace sipher::detail
