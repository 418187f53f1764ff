#include "sandbox/service.hpp"

#include "sandbox/request_body.hpp"
#include "sandbox/responses.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <string>
#include <utility>

/// The processing of every request, before and after its endpoint.
namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

/// Human-readable pages: their type and a placeholder for their text. Empty for any other route.
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

/// The details state the whole window, whatever is left of it; only `Retry-After` says how long to wait.
refusal rate_refusal(const rate_verdict& verdict, const rate_limiter& limiter)
{
    return {429,
            "RATE_LIMIT_EXCEEDED",
            "Too many requests, please try again later",
            json::object{{"retryAfter", limiter.window().count()}, {"limit", limiter.limit()}},
            {{"Retry-After", std::to_string(verdict.reset.count())}}};
}

void add_rate_fields(const rate_limiter& limiter, const rate_verdict& verdict, response& made)
{
    const std::string limit = std::to_string(limiter.limit());
    made.set("RateLimit-Policy", limit + ";w=" + std::to_string(limiter.window().count()));
    made.set("RateLimit-Limit", limit);
    made.set("RateLimit-Remaining", std::to_string(verdict.remaining));
    if (verdict.reset.count() > 0) {
        made.set("RateLimit-Reset", std::to_string(verdict.reset.count()));
    }
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
    : clock_(options.clock ? options.clock : system_clock()),
      keys_(options.keys.empty() ? default_keys() : options.keys), limiter_(options.rate_limit, options.rate_window)
{
}

void service::restart()
{
    sessions_.clear();
    limiter_.clear();
    quota_.clear();
    shutting_down_ = false;
}

handler_result service::handle(const request& received)
{
    const std::string expected = joined_fields(received, "Expect");
    if (!expected.empty() && !boost::beast::iequals(expected, "100-continue")) {
        // From the HTTP server in front of the service.
        return {response{http::status::expectation_failed, 11}};
    }
    const request_path path{std::string_view{received.message.target()}};
    const bool is_health = is_read(received) && path.route == "/v1/health";
    handler_result result;
    if (is_health) {
        result = health();
    } else if (shutting_down_) {
        result.made = failure({503, "SERVICE_UNAVAILABLE", "Server is shutting down"});
    } else {
        result = handle_within_limit(received, path);
    }
    add_standard_fields(result.made, received, clock_->wall_now());
    if (shutting_down_ && !is_health) {
        // Declined before the request is assigned an id.
        result.made.erase("X-Request-ID");
    }
    return result;
}

handler_result service::handle_within_limit(const request& received, const request_path& path)
{
    const bool limited = limiter_.limit() != 0 && path.route != "/" && path.route != "/skill.md";
    const rate_verdict verdict = limited ? limiter_.count(received.peer, clock_->now()) : rate_verdict{};
    handler_result result;
    try {
        if (!verdict.allowed) {
            throw rate_refusal(verdict, limiter_);
        }
        result = handle_with_key(received, path);
    } catch (refusal& why) {
        result.made = failure(std::move(why));
    }
    if (limited) {
        add_rate_fields(limiter_, verdict, result.made);
    }
    return result;
}

handler_result service::handle_with_key(const request& received, const request_path& path)
{
    if (is_read(received) && path.route == "/v1/errors") {
        return {success(200, error_catalogue()), &sandbox_counters::other};
    }
    if (std::optional<response> found = public_page(path); found && is_read(received)) {
        return {std::move(*found), &sandbox_counters::other};
    }
    const sandbox_key& key = authenticate(received);
    if (path.is_sessions() && key.level == tier::free) {
        throw refusal{403, "TIER_ACCESS_DENIED",
                      "Endpoint " + path.text + " not available on free tier. Upgrade to pro or enterprise."};
    }
    optional_body body = parse_body(received);
    quota_.check(key, path.route, clock_->wall_now());
    handler_result result = serve(received, path, key, body);
    quota_.count(key, path.route, clock_->wall_now());
    return result;
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
        throw refusal{401, "UNAUTHORIZED",
                      "API key required. Provide via X-API-Key header or Authorization: Bearer <key>"};
    }
    const auto found =
        std::find_if(keys_.begin(), keys_.end(), [&text](const sandbox_key& key) { return key.text == text; });
    if (found == keys_.end()) {
        throw refusal{401, "INVALID_API_KEY", "Invalid API key"};
    }
    return *found;
}

handler_result service::health() const
{
    json::object data{{"status", shutting_down_ ? "shutting_down" : "healthy"},
                      {"timestamp", to_iso_8601(clock_->wall_now())}};
    if (!shutting_down_) {
        return {success(200, std::move(data)), &sandbox_counters::other};
    }
    handler_result result{to_response(503, json::object{{"success", false}, {"data", std::move(data)}})};
    result.made.set(http::field::connection, "close");
    return result;
}

} // namespace sipher::testing::detail
