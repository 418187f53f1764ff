#include "sandbox/service.hpp"

#include "sandbox/request_body.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <utility>

namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

bool is_health(const request& received, const request_path& path)
{
    return is_read(received) && path.route == "/v1/health";
}

/// Pages for people: their type and what stands in for their text. Nothing for any other route.
std::optional<response> public_page(const request_path& path)
{
    if (path.route == "/" || path.route == "/openapi.json") {
        return page("application/json; charset=utf-8", R"({"name":"Sipher API"})");
    }
    if (path.route == "/skill.md") {
        return page("text/markdown; charset=utf-8", "# Sipher\n");
    }
    if (path.route == "/docs") {
        return page("text/html; charset=utf-8", "<!DOCTYPE html>\n<title>Sipher API</title>\n");
    }
    return std::nullopt;
}

refusal no_route(const request& received, const request_path& path)
{
    return {404,
            "NOT_FOUND",
            "Route " + std::string{received.message.method_string()} + " " + path.text + " not found",
            nullptr,
            {}};
}

response list_methods(std::string_view methods)
{
    response result = page("text/plain", std::string{methods});
    result.set(http::field::allow, methods);
    return result;
}

void check_tier(const request_path& path, const sandbox_key& key)
{
    if (path.is_sessions() && key.level == tier::free) {
        throw refusal{403,
                      "TIER_ACCESS_DENIED",
                      "Endpoint " + path.text + " not available on free tier. Upgrade to pro or enterprise.",
                      nullptr,
                      {}};
    }
}

/// The details name the whole window, whatever is left of it; only `Retry-After` says how long to wait.
refusal rate_refusal(const rate_verdict& verdict, const rate_limiter& limiter)
{
    json::object details;
    details["retryAfter"] = limiter.window().count();
    details["limit"] = limiter.limit();
    return {429,
            "RATE_LIMIT_EXCEEDED",
            "Too many requests, please try again later",
            std::move(details),
            {{"Retry-After", std::to_string(verdict.reset.count())}}};
}

void add_rate_headers(const rate_limiter& limiter, const rate_verdict& verdict, response& made)
{
    if (limiter.limit() == 0) {
        return;
    }
    const std::string limit = std::to_string(limiter.limit());
    made.set("RateLimit-Policy", limit + ";w=" + std::to_string(limiter.window().count()));
    made.set("RateLimit-Limit", limit);
    made.set("RateLimit-Remaining", std::to_string(verdict.remaining));
    if (verdict.reset.count() > 0) {
        made.set("RateLimit-Reset", std::to_string(verdict.reset.count()));
    }
}

const json::value* address_of(const std::optional<json::value>& body)
{
    return body ? &*body : nullptr;
}

std::shared_ptr<clock> clock_or_real(const std::shared_ptr<clock>& given)
{
    return given ? given : system_clock();
}

} // namespace

std::vector<sandbox_key> default_keys()
{
    return {{"sandbox-pro-key", tier::pro},
            {"sandbox-other-key", tier::pro},
            {"sandbox-enterprise-key", tier::enterprise},
            {"sandbox-free-key", tier::free}};
}

service::service(const sandbox_options& options)
    : clock_(clock_or_real(options.clock)), keys_(options.keys.empty() ? default_keys() : options.keys),
      limiter_(options.rate_limit, options.rate_window)
{
}

void service::restart()
{
    sessions_.clear();
    limiter_.clear();
    quota_.clear();
    shutting_down_ = false;
}

std::vector<stored_session> service::sessions() const
{
    return sessions_.alive(clock_->wall_now());
}

handler_result service::handle(const request& received)
{
    const std::string expected = joined_fields(received, "Expect");
    if (!expected.empty() && !boost::beast::iequals(expected, "100-continue")) {
        // Of the HTTP server in front of the service.
        return {response{http::status::expectation_failed, 11}, nullptr, {}};
    }
    const request_path path{std::string_view{received.message.target()}};
    const bool declined = shutting_down_ && !is_health(received, path);
    if (declined) {
        return decline_while_shutting_down(received);
    }
    const bool limited = !is_health(received, path) && path.route != "/" && path.route != "/skill.md";
    const rate_verdict verdict = limited ? limiter_.count(received.peer, clock_->now()) : rate_verdict{};
    handler_result result;
    if (verdict.allowed) {
        result = process(received, path);
    } else {
        result.made = failure(rate_refusal(verdict, limiter_));
    }
    if (limited) {
        add_rate_headers(limiter_, verdict, result.made);
    }
    add_standard_fields(result.made, received, clock_->wall_now());
    return result;
}

/// Declined before anything else is done with it, so it has neither a request id nor a place in the rate limit.
handler_result service::decline_while_shutting_down(const request& received) const
{
    handler_result result;
    result.made = failure({503, "SERVICE_UNAVAILABLE", "Server is shutting down", nullptr, {}});
    add_standard_fields(result.made, received, clock_->wall_now());
    result.made.erase("X-Request-ID");
    return result;
}

handler_result service::process(const request& received, const request_path& path)
{
    try {
        return route(received, path);
    } catch (const refusal& why) {
        return {failure(why), nullptr, {}};
    }
}

handler_result service::route(const request& received, const request_path& path)
{
    if (is_health(received, path)) {
        return health();
    }
    if (is_read(received) && path.route == "/v1/errors") {
        return {success(200, error_catalogue()), &sandbox_counters::other, {}};
    }
    if (std::optional<response> found = public_page(path); found && is_read(received)) {
        return {std::move(*found), &sandbox_counters::other, {}};
    }
    const sandbox_key& key = authenticate(received);
    check_tier(path, key);
    std::optional<json::value> body = parse_body(received);
    quota_.check(key, path.route, clock_->wall_now());
    handler_result result = serve(received, path, key, body);
    if (result.made.result_int() < 400) {
        quota_.count(key, path.route, clock_->wall_now());
    }
    return result;
}

handler_result service::serve(const request& received, const request_path& path, const sandbox_key& key,
                              std::optional<json::value>& body)
{
    const std::string_view allowed = path.allowed_methods();
    if (!allowed.empty() && received.message.method() == http::verb::options) {
        return {list_methods(allowed), &sandbox_counters::other, {}};
    }
    if (!http::token_list{allowed}.exists(received.message.method_string())) {
        throw no_route(received, path);
    }
    if (path.is_sessions()) {
        return path.id ? serve_session(received, *path.id, key, address_of(body)) : create(key, address_of(body));
    }
    if (path.route == "/v1/billing/usage") {
        return {success(200, quota_.usage(key, clock_->wall_now())), &sandbox_counters::other, {}};
    }
    apply_session(received, key, body);
    return path.route == "/v1/echo" ? echo(address_of(body)) : generate(address_of(body));
}

const sandbox_key& service::authenticate(const request& received) const
{
    constexpr std::string_view scheme = "Bearer ";
    std::string text = joined_fields(received, "X-API-Key");
    const std::string_view authorization = received.message[http::field::authorization];
    if (text.empty() && authorization.starts_with(scheme)) {
        text = authorization.substr(scheme.size());
    }
    if (text.empty()) {
        throw refusal{401,
                      "UNAUTHORIZED",
                      "API key required. Provide via X-API-Key header or Authorization: Bearer <key>",
                      nullptr,
                      {}};
    }
    const auto found =
        std::find_if(keys_.begin(), keys_.end(), [&text](const sandbox_key& key) { return key.text == text; });
    if (found == keys_.end()) {
        throw refusal{401, "INVALID_API_KEY", "Invalid API key", nullptr, {}};
    }
    return *found;
}

handler_result service::health() const
{
    json::object data;
    data["status"] = shutting_down_ ? "shutting_down" : "healthy";
    data["timestamp"] = to_iso_8601(clock_->wall_now());
    if (!shutting_down_) {
        return {success(200, std::move(data)), &sandbox_counters::other, {}};
    }
    handler_result result;
    result.made = unhealthy(std::move(data));
    result.made.set(http::field::connection, "close");
    return result;
}

handler_result service::serve_session(const request& received, std::string_view encoded_id, const sandbox_key& key,
                                      const json::value* body)
{
    const std::optional<std::string> id = percent_decode(encoded_id);
    if (!id) {
        throw internal_error("Failed to decode param '" + std::string{encoded_id} + "'");
    }
    switch (received.message.method()) {
    case http::verb::patch: return update(*id, key, body);
    case http::verb::delete_: return remove(*id, key);
    default: return get(*id, key);
    }
}

} // namespace sipher::testing::detail
