#include "sandbox/service.hpp"

#include "sandbox/random_text.hpp"
#include "sandbox/request_validation.hpp"

#include <algorithm>
#include <array>
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

std::string_view curve_of(std::string_view chain)
{
    constexpr std::array<std::string_view, 4> of_edwards{"solana", "near", "aptos", "sui"};
    const bool found = std::find(of_edwards.begin(), of_edwards.end(), chain) != of_edwards.end();
    return found ? "ed25519" : "secp256k1";
}

} // namespace

handler_result service::create(const sandbox_key& key, const json::value* body)
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
    return {success(201, std::move(data)), &sandbox_counters::created, {}};
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

handler_result service::get(std::string_view id, const sandbox_key& key)
{
    const stored_session& found = find_session(id, key);
    json::object data = describe(found);
    data["createdAt"] = milliseconds(found.created_at);
    data["expiresAt"] = milliseconds(found.expires_at);
    data["lastAccessedAt"] = milliseconds(found.last_accessed_at);
    return {success(200, std::move(data)), &sandbox_counters::read, {}};
}

handler_result service::update(std::string_view id, const sandbox_key& key, const json::value* body)
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
    return {success(200, std::move(data)), &sandbox_counters::updated, {}};
}

handler_result service::remove(std::string_view id, const sandbox_key& key)
{
    const stored_session& found = find_session(id, key);
    json::object data;
    data["sessionId"] = found.id;
    data["deleted"] = true;
    sessions_.remove(id);
    return {success(200, std::move(data)), &sandbox_counters::deleted, {}};
}

/// The hazard of the real service, kept on purpose: a session that cannot be used is ignored without a word.
void service::apply_session(const request& received, const sandbox_key& key, std::optional<json::value>& body)
{
    const std::string id = joined_fields(received, "X-Session-Id");
    if (!is_session_id(id)) {
        return;
    }
    const stored_session* const found = sessions_.access(id, key.text, clock_->wall_now());
    if (found == nullptr || !body || !body->is_object()) {
        return;
    }
    for (const auto& [name, value] : found->defaults) {
        body->get_object().insert(json::object::value_type{name, value});
    }
}

handler_result service::generate(const json::value* body) const
{
    json::array issues = validate_use(body);
    if (!issues.empty()) {
        throw invalid_request(std::move(issues));
    }
    const json::object under = run_under(body->get_object());
    const json::value& chain = under.at("chain");
    const auto key = [] { return json::value("0x" + random_hexadecimal(64)); };
    json::object address{{"chain", chain}, {"spendingKey", key()}, {"viewingKey", key()}};
    json::object data;
    data["chain"] = chain;
    data["curve"] = curve_of(chain.get_string());
    data["metaAddress"] = std::move(address);
    data["spendingPrivateKey"] = key();
    data["viewingPrivateKey"] = key();
    // The real service does not say; a test wants to see it.
    data["privacyLevel"] = under.at("privacyLevel");
    return {success(200, std::move(data)), &sandbox_counters::other, under};
}

handler_result service::echo(const json::value* body) const
{
    if (body == nullptr) {
        throw invalid_request(validate_use(body));
    }
    std::optional<json::object> under;
    if (body->is_object()) {
        under = run_under(body->get_object());
    }
    return {success(200, *body), &sandbox_counters::other, std::move(under)};
}

} // namespace sipher::testing::detail
