#include "client/operations.hpp"

#include "call/call.hpp"
#include "call/deadline.hpp"
#include "client/live_core.hpp"
#include "client/pinning.hpp"
#include "values/decode.hpp"
#include "values/validation.hpp"

#include <sipher/error.hpp>
#include <sipher/json.hpp>

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view sessions_path = "/v1/sessions";

request_message make_message(verb method, std::string target)
{
    request_message message;
    message.method = method;
    message.target = std::move(target);
    return message;
}

request_message make_message_about(const session_id& id, verb method)
{
    request_message message = make_message(method, std::string{sessions_path});
    message.subject = id;
    return message;
}

/// Reads the envelope of a success and hands its `data` to `decode`, which gives a value or says what is wrong.
/// What is parsed lives on the stack: an answer has a few hundred bytes.
template <class Decode>
auto decode_answer(call& made, Decode&& decode)
{
    std::array<unsigned char, 4096> memory; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
    json::monotonic_resource resource{memory.data(), memory.size()};
    boost::system::error_code failure;
    const json::value document = json::parse(made.body(), failure, &resource);
    if (failure) {
        made.fail_payload({"", "the answer's body is not JSON: " + failure.message()});
    }
    const auto data = envelope_data(document);
    if (!data) {
        made.fail_payload(data.error());
    }
    auto value = decode(**data);
    if (!value) {
        made.fail_payload(value.error());
    }
    return std::move(*value);
}

session decode_session_answer(call& made)
{
    return decode_answer(made, [](const json::value& data) { return decode_session(data, "data"); });
}

/// An answer about another session than the one asked for must not be taken for it.
void require_same_session(call& made, const session_id& asked, const session_id& answered)
{
    if (asked != answered) {
        made.fail_payload({"data.sessionId", "is another session than the one asked for"});
    }
}

session decode_session_asked_for(call& made, const session_id& asked)
{
    session answer = decode_session_answer(made);
    require_same_session(made, asked, answer.id);
    made.learn_service_time(answer.last_accessed_at);
    return answer;
}

deleted_session decode_deletion_asked_for(call& made, const session_id& asked)
{
    deleted_session answer{asked};
    if (made.already_absent()) {
        answer.already_absent = true;
        return answer;
    }
    answer = decode_answer(made, [](const json::value& data) { return decode_deleted(data, "data"); });
    require_same_session(made, asked, answer.id);
    return answer;
}

operation_kind kind_of(verb method)
{
    switch (method) {
    case verb::get:
    case verb::head: return operation_kind::read;
    case verb::put:
    case verb::delete_: return operation_kind::other_idempotent;
    case verb::post:
    case verb::patch: break;
    }
    return operation_kind::other_not_idempotent;
}

/// `data` of an envelope; what is none is given as it is.
json::value take_data(json::value document)
{
    json::object* const envelope = document.if_object();
    if (envelope != nullptr && envelope->contains("success") && envelope->contains("data")) {
        return std::move(envelope->at("data"));
    }
    return document;
}

// Coroutines of their own: what they are given stays in their frames, which are to be small.

asio::awaitable<session> read_session(std::shared_ptr<call_services> services, session_id id,
                                      std::unique_ptr<const call_options> options)
{
    call made{std::move(services), "get_session", operation_kind::read, make_message_about(id, verb::get),
              std::move(options)};
    co_await made.run();
    co_return decode_session_asked_for(made, id);
}

asio::awaitable<deleted_session> remove_session(std::shared_ptr<call_services> services, session_id id,
                                                std::unique_ptr<const call_options> options)
{
    call made{std::move(services), "delete_session", operation_kind::remove, make_message_about(id, verb::delete_),
              std::move(options)};
    co_await made.run();
    co_return decode_deletion_asked_for(made, id);
}

} // namespace

asio::awaitable<session> create_session(std::shared_ptr<call_services> services, session_defaults defaults,
                                        std::chrono::seconds time_to_live, call_options options)
{
    validate_defaults(defaults);
    validate_time_to_live(time_to_live);
    json::object body;
    body["defaults"] = json::value_from(defaults);
    if (time_to_live.count() != 0) {
        body["ttlSeconds"] = time_to_live.count();
    }
    request_message message = make_message(verb::post, std::string{sessions_path});
    message.body = json::serialize(body);
    call made{std::move(services), "create_session", operation_kind::create, std::move(message),
              keep_options(std::move(options))};
    co_await made.run();
    session answer = decode_session_answer(made);
    made.learn_service_time(answer.created_at);
    co_return answer;
}

asio::awaitable<session> get_session(std::shared_ptr<call_services> services, session_id id, call_options options)
{
    return read_session(std::move(services), id, keep_options(std::move(options)));
}

asio::awaitable<session> update_session(std::shared_ptr<call_services> services, session_id id,
                                        session_defaults defaults, call_options options)
{
    validate_defaults(defaults);
    json::object body;
    body["defaults"] = json::value_from(defaults);
    request_message message = make_message_about(id, verb::patch);
    message.body = json::serialize(body);
    call made{std::move(services), "update_session", operation_kind::update, std::move(message),
              keep_options(std::move(options))};
    co_await made.run();
    co_return decode_session_asked_for(made, id);
}

asio::awaitable<deleted_session> delete_session(std::shared_ptr<call_services> services, session_id id,
                                                call_options options)
{
    return remove_session(std::move(services), id, keep_options(std::move(options)));
}

asio::awaitable<json::value> request(std::shared_ptr<call_services> services, verb method, std::string target,
                                     std::optional<json::value> body, call_options options)
{
    validate_target(target);
    // Before the body is looked at.
    validate_call_options(options);
    if (options.session && options.session->live()) {
        const clock::time_point deadline =
            deadline_after(services->now(), options.total_timeout.value_or(services->options.timeouts.total));
        co_await live_core::resolve(options.session->live(), *options.session, deadline);
        if (deadline != clock::time_point::max()) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - services->now());
            options.total_timeout = std::max(left, std::chrono::milliseconds{1});
        }
    }
    request_message message = make_message(method, std::move(target));
    if (options.info != nullptr) {
        options.info->pinned_members.clear();
    }
    if (body) {
        std::vector<std::string> pinned;
        if (options.session && options.session->pinned()) {
            pinned = pin_defaults(*body, *options.session->pinned());
        }
        if (options.info != nullptr) {
            options.info->pinned_members = std::move(pinned);
        }
        message.body = json::serialize(*body);
    }
    call made{std::move(services), "request", kind_of(method), std::move(message), keep_options(std::move(options))};
    co_await made.run();
    if (made.body().empty()) {
        co_return json::value{};
    }
    boost::system::error_code failure;
    json::value document = json::parse(made.body(), failure);
    if (failure) {
        made.fail_payload({"", "the answer's body is not JSON: " + failure.message()});
    }
    co_return take_data(std::move(document));
}

} // namespace sipher::detail
