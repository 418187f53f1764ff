#include "sandbox/service.hpp"

#include "sandbox/random_text.hpp"
#include "sandbox/request_validation.hpp"

#include <cstdint>

/// The endpoints of the service: the four operations and those that use a session.
namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

json::object describe(const stored_session& session)
{
    json::object data;
    data["sessionId"] = session.id;
    data["defaults"] = session.defaults;
    return data;
}

std::int64_t milliseconds(timestamp when)
{
    return when.time_since_epoch().count();
}

json::value member_or(const json::object& body, std::string_view name, std::string_view otherwise)
{
    const json::value* const found = body.if_contains(name);
    return found != nullptr ? *found : json::value(otherwise);
}

/// The service's own defaults stand in for what neither the request nor a session says.
json::object run_under(const json::object& body)
{
    json::object result;
    result["chain"] = member_or(body, "chain", "solana");
    result["privacyLevel"] = member_or(body, "privacyLevel", "standard");
    for (const std::string_view name : {"rpcProvider", "backend", "defaultViewingKey"}) {
        if (const json::value* const value = body.if_contains(name)) {
            result[name] = *value;
        }
    }
    return result;
}

} // namespace

handled service::create(const sandbox_key& key, const json::value* body)
{
    session_request wanted = validate_create(body);
    if (!wanted.issues.empty()) {
        throw invalid_request(std::move(wanted.issues));
    }
    const stored_session& fresh =
        sessions_.create(key.text, std::move(wanted.defaults), wanted.time_to_live, clock_->wall_now());
    json::object data = describe(fresh);
    data["createdAt"] = milliseconds(fresh.created_at);
    data["expiresAt"] = milliseconds(fresh.expires_at);
    return {success(201, std::move(data)), effect::created, {}};
}

stored_session& service::find_session(std::string_view id, const sandbox_key& key)
{
    if (!is_session_id(id)) {
        throw refusal{
            400, "VALIDATION_ERROR", "Invalid session ID format. Expected sess_ + 64 hex chars.", nullptr, {}};
    }
    stored_session* const found = sessions_.access(id, key.text, clock_->wall_now());
    if (found == nullptr) {
        throw refusal{404, "SESSION_NOT_FOUND", "Session not found: " + std::string{id}, nullptr, {}};
    }
    return *found;
}

handled service::get(std::string_view id, const sandbox_key& key)
{
    const stored_session& found = find_session(id, key);
    json::object data = describe(found);
    data["createdAt"] = milliseconds(found.created_at);
    data["expiresAt"] = milliseconds(found.expires_at);
    data["lastAccessedAt"] = milliseconds(found.last_accessed_at);
    return {success(200, std::move(data)), effect::read, {}};
}

handled service::update(std::string_view id, const sandbox_key& key, const json::value* body)
{
    session_request wanted = validate_update(body);
    if (!wanted.issues.empty()) {
        throw invalid_request(std::move(wanted.issues));
    }
    stored_session& found = find_session(id, key);
    for (const auto& [name, value] : wanted.defaults) {
        found.defaults[name] = value;
    }
    json::object data = describe(found);
    data["expiresAt"] = milliseconds(found.expires_at);
    data["lastAccessedAt"] = milliseconds(found.last_accessed_at);
    return {success(200, std::move(data)), effect::updated, {}};
}

handled service::remove(std::string_view id, const sandbox_key& key)
{
    const stored_session& found = find_session(id, key);
    json::object data;
    data["sessionId"] = found.id;
    data["deleted"] = true;
    sessions_.remove(id);
    return {success(200, std::move(data)), effect::deleted, {}};
}

/// The hazard of the real service, kept on purpose: a session that cannot be used is ignored without a word.
void service::apply_session(const request& received, const sandbox_key& key, std::optional<json::value>& body)
{
    const std::string* const id = find_header(received.headers, "X-Session-Id");
    if (id == nullptr || !is_session_id(*id)) {
        return;
    }
    const stored_session* const found = sessions_.access(*id, key.text, clock_->wall_now());
    if (found == nullptr || !body || !body->is_object()) {
        return;
    }
    for (const auto& [name, value] : found->defaults) {
        body->get_object().insert(json::object::value_type{name, value});
    }
}

handled service::generate(const json::value* body) const
{
    json::array issues = validate_use(body);
    if (!issues.empty()) {
        throw invalid_request(std::move(issues));
    }
    const json::object under = run_under(body->get_object());
    json::object data;
    data["stealthAddress"] = "0x" + random_hexadecimal(64);
    data["ephemeralPublicKey"] = "0x" + random_hexadecimal(64);
    data["viewTag"] = 127;
    data["chain"] = under.at("chain");
    data["privacyLevel"] = under.at("privacyLevel");
    return {success(200, std::move(data)), effect::other, under};
}

handled service::echo(const json::value* body) const
{
    if (body == nullptr) {
        throw invalid_request(validate_use(body));
    }
    std::optional<json::object> under;
    if (body->is_object()) {
        under = run_under(body->get_object());
    }
    return {success(200, *body), effect::other, std::move(under)};
}

} // namespace sipher::testing::detail
