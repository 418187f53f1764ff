#include "sandbox/service.hpp"

#include "sandbox/random_text.hpp"
#include "sandbox/request_validation.hpp"
#include "sandbox/responses.hpp"

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

/// The service's endpoints: the four operations and the endpoints that use a session.
namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

json::value milliseconds(timestamp when)
{
    return when.time_since_epoch().count();
}

/// The service's own defaults fill in members that neither the request nor a session has.
json::object run_under(const json::object& body)
{
    json::object result{{"chain", "solana"}, {"privacyLevel", "standard"}};
    copy_defaults(body, result);
    return result;
}

std::string_view curve_of(std::string_view chain)
{
    constexpr std::array<std::string_view, 4> of_edwards{"solana", "near", "aptos", "sui"};
    const bool found = std::find(of_edwards.begin(), of_edwards.end(), chain) != of_edwards.end();
    return found ? "ed25519" : "secp256k1";
}

handler_result generate(const std::optional<json::value>& body)
{
    json::array issues = validate_use(body);
    if (!issues.empty()) {
        throw invalid_request(std::move(issues));
    }
    json::object under = run_under(body->get_object());
    const json::value& chain = under.at("chain");
    const auto key = [] { return "0x" + random_hexadecimal(32); };
    json::object data{{"chain", chain},
                      {"curve", curve_of(chain.get_string())},
                      {"metaAddress", {{"chain", chain}, {"spendingKey", key()}, {"viewingKey", key()}}},
                      {"spendingPrivateKey", key()},
                      {"viewingPrivateKey", key()},
                      // Not in the real service's response; added for tests.
                      {"privacyLevel", under.at("privacyLevel")}};
    return {success(200, std::move(data)), &sandbox_counters::other, std::move(under)};
}

handler_result echo(const std::optional<json::value>& body)
{
    if (!body) {
        throw invalid_request(validate_use(body));
    }
    std::optional<json::object> under;
    if (body->is_object()) {
        under = run_under(body->get_object());
    }
    return {success(200, *body), &sandbox_counters::other, std::move(under)};
}

response list_methods(std::string_view methods)
{
    response result = page("text/plain", std::string{methods});
    result.set(http::field::allow, methods);
    return result;
}

/// @throws refusal as the service's router does
std::string decode_id(std::string_view encoded)
{
    std::optional<std::string> id = percent_decode(encoded);
    if (!id) {
        throw internal_error("Failed to decode param '" + std::string{encoded} + "'");
    }
    return std::move(*id);
}

} // namespace

handler_result service::serve(const request& received, const request_path& path, const sandbox_key& key,
                              optional_body& body)
{
    const std::string_view allowed = path.allowed_methods();
    const std::string_view method = received.message.method_string();
    if (!allowed.empty() && method == "OPTIONS") {
        return {list_methods(allowed), &sandbox_counters::other};
    }
    if (!http::token_list{allowed}.exists(method)) {
        throw refusal{404, "NOT_FOUND", "Route " + std::string{method} + " " + path.text + " not found"};
    }
    if (path.id) {
        const std::string id = decode_id(*path.id);
        return method == "PATCH" ? update(id, key, body) : method == "DELETE" ? remove(id, key) : get(id, key);
    }
    if (path.is_sessions()) {
        return create(key, body);
    }
    if (path.route == "/v1/billing/usage") {
        return {success(200, quota_.usage(key, clock_->wall_now())), &sandbox_counters::other};
    }
    apply_session(received, key, body);
    return path.route == "/v1/echo" ? echo(body) : generate(body);
}

handler_result service::create(const sandbox_key& key, const optional_body& body)
{
    session_request wanted = validate_create(body);
    if (!wanted.issues.empty()) {
        throw invalid_request(std::move(wanted.issues));
    }
    const stored_session& fresh =
        sessions_.create(key.text, std::move(wanted.defaults), wanted.time_to_live, clock_->wall_now());
    json::object data{{"sessionId", fresh.id},
                      {"defaults", fresh.defaults},
                      {"createdAt", milliseconds(fresh.created_at)},
                      {"expiresAt", milliseconds(fresh.expires_at)}};
    return {success(201, std::move(data)), &sandbox_counters::created};
}

stored_session& service::find_session(std::string_view id, const sandbox_key& key)
{
    if (!is_session_id(id)) {
        throw refusal{400, "VALIDATION_ERROR", "Invalid session ID format. Expected sess_ + 64 hex chars."};
    }
    stored_session* const found = sessions_.access(id, key.text, clock_->wall_now());
    if (found == nullptr) {
        throw refusal{404, "SESSION_NOT_FOUND", "Session not found: " + std::string{id}};
    }
    return *found;
}

handler_result service::get(std::string_view id, const sandbox_key& key)
{
    const stored_session& found = find_session(id, key);
    json::object data{{"sessionId", found.id},
                      {"defaults", found.defaults},
                      {"createdAt", milliseconds(found.created_at)},
                      {"expiresAt", milliseconds(found.expires_at)},
                      {"lastAccessedAt", milliseconds(found.last_accessed_at)}};
    return {success(200, std::move(data)), &sandbox_counters::read};
}

handler_result service::update(std::string_view id, const sandbox_key& key, const optional_body& body)
{
    session_request wanted = validate_update(body);
    if (!wanted.issues.empty()) {
        throw invalid_request(std::move(wanted.issues));
    }
    stored_session& found = find_session(id, key);
    for (const auto& [name, value] : wanted.defaults) {
        found.defaults[name] = value;
    }
    json::object data{{"sessionId", found.id},
                      {"defaults", found.defaults},
                      {"expiresAt", milliseconds(found.expires_at)},
                      {"lastAccessedAt", milliseconds(found.last_accessed_at)}};
    return {success(200, std::move(data)), &sandbox_counters::updated};
}

handler_result service::remove(std::string_view id, const sandbox_key& key)
{
    json::object data{{"sessionId", find_session(id, key).id}, {"deleted", true}};
    sessions_.remove(id);
    return {success(200, std::move(data)), &sandbox_counters::deleted};
}

/// The hazard of the real service, deliberately reproduced: an unusable session is silently ignored.
void service::apply_session(const request& received, const sandbox_key& key, optional_body& body)
{
    const stored_session* const found =
        sessions_.access(joined_fields(received, "X-Session-Id"), key.text, clock_->wall_now());
    if (found != nullptr && body && body->is_object()) {
        for (const auto& [name, value] : found->defaults) {
            body->get_object().insert(json::object::value_type{name, value});
        }
    }
}

} // namespace sipher::testing::detail
