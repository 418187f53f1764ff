#include "sandbox/service.hpp"

#include "sandbox/request_body.hpp"

#include <algorithm>

namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

constexpr std::string_view sessions_path = "/v1/sessions";

std::string_view path_of(std::string_view target)
{
    std::string_view path = target.substr(0, target.find('?'));
    if (path.size() > 1 && path.ends_with('/')) {
        path.remove_suffix(1);
    }
    return path;
}

bool is_read(const request& received)
{
    return received.method == "GET" || received.method == "HEAD";
}

bool is_health(const request& received)
{
    return is_read(received) && path_of(received.target) == "/v1/health";
}

bool is_sessions(std::string_view path)
{
    return path == sessions_path || path.starts_with("/v1/sessions/");
}

refusal no_route(const request& received, std::string_view path)
{
    return {404, "NOT_FOUND", "Route " + received.method + " " + std::string{path} + " not found", nullptr, {}};
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

void add_rate_headers(const rate_limiter& limiter, const rate_verdict& verdict, header_list& headers)
{
    if (limiter.limit() == 0) {
        return;
    }
    const std::string limit = std::to_string(limiter.limit());
    headers.emplace_back("RateLimit-Policy", limit + ";w=" + std::to_string(limiter.window().count()));
    headers.emplace_back("RateLimit-Limit", limit);
    headers.emplace_back("RateLimit-Remaining", std::to_string(verdict.remaining));
    if (verdict.reset.count() > 0) {
        headers.emplace_back("RateLimit-Reset", std::to_string(verdict.reset.count()));
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

handled service::handle(const request& received)
{
    const bool limited = !is_health(received);
    if (limited && shutting_down_) {
        return decline_while_shutting_down(received);
    }
    const rate_verdict verdict = limited ? limiter_.count(received.peer, clock_->now()) : rate_verdict{};
    handled result;
    if (verdict.allowed) {
        result = process(received);
    } else {
        result.answer = failure(rate_refusal(verdict, limiter_));
    }
    header_list headers = standard_headers(result.answer, received, clock_->wall_now());
    if (limited) {
        add_rate_headers(limiter_, verdict, headers);
    }
    headers.insert(headers.end(), result.answer.headers.begin(), result.answer.headers.end());
    result.answer.headers = std::move(headers);
    return result;
}

/// Declined before anything else is done with it, so it has neither a request id nor a place in the rate limit.
handled service::decline_while_shutting_down(const request& received) const
{
    handled result;
    result.answer = failure({503, "SERVICE_UNAVAILABLE", "Server is shutting down", nullptr, {}});
    header_list headers = standard_headers(result.answer, received, clock_->wall_now());
    std::erase_if(headers, [](const auto& field) { return same_name(field.first, "X-Request-ID"); });
    headers.insert(headers.end(), result.answer.headers.begin(), result.answer.headers.end());
    result.answer.headers = std::move(headers);
    return result;
}

handled service::process(const request& received)
{
    try {
        return route(received, path_of(received.target));
    } catch (const refusal& why) {
        handled result;
        result.answer = failure(why);
        return result;
    }
}

handled service::route(const request& received, std::string_view path)
{
    if (is_health(received)) {
        return health();
    }
    if (is_read(received) && path == "/v1/errors") {
        return {success(200, error_catalogue()), effect::other, {}};
    }
    const sandbox_key& key = authenticate(received);
    std::optional<json::value> body = parse_body(received);
    quota_.check(key, path, clock_->wall_now());
    handled result = serve(received, path, key, body);
    if (result.answer.status < 400) {
        quota_.count(key, path, clock_->wall_now());
    }
    return result;
}

handled service::serve(const request& received, std::string_view path, const sandbox_key& key,
                       std::optional<json::value>& body)
{
    if (is_sessions(path)) {
        return serve_sessions(received, path, key, address_of(body));
    }
    if (is_read(received) && path == "/v1/billing/usage") {
        return {success(200, quota_.usage(key, clock_->wall_now())), effect::other, {}};
    }
    apply_session(received, key, body);
    if (received.method == "POST" && path == "/v1/stealth/generate") {
        return generate(address_of(body));
    }
    if (received.method == "POST" && path == "/v1/echo") {
        return echo(address_of(body));
    }
    throw no_route(received, path);
}

const sandbox_key& service::authenticate(const request& received) const
{
    constexpr std::string_view scheme = "Bearer ";
    std::string_view text;
    if (const std::string* const key = find_header(received.headers, "X-API-Key"); key != nullptr && !key->empty()) {
        text = *key;
    } else if (const std::string* const field = find_header(received.headers, "Authorization");
               field != nullptr && field->starts_with(scheme)) {
        text = std::string_view{*field}.substr(scheme.size());
    }
    if (text.empty()) {
        throw refusal{401,
                      "UNAUTHORIZED",
                      "API key required. Provide via X-API-Key header or Authorization: Bearer <key>",
                      nullptr,
                      {}};
    }
    const auto found =
        std::find_if(keys_.begin(), keys_.end(), [text](const sandbox_key& key) { return key.text == text; });
    if (found == keys_.end()) {
        throw refusal{401, "INVALID_API_KEY", "Invalid API key", nullptr, {}};
    }
    return *found;
}

handled service::health() const
{
    json::object data;
    data["status"] = shutting_down_ ? "shutting_down" : "healthy";
    data["timestamp"] = to_iso_8601(clock_->wall_now());
    handled result;
    result.answer = shutting_down_ ? unhealthy(std::move(data)) : success(200, std::move(data));
    if (shutting_down_) {
        result.answer.headers.emplace_back("Connection", "close");
    } else {
        result.what = effect::other;
    }
    return result;
}

handled service::serve_sessions(const request& received, std::string_view path, const sandbox_key& key,
                                const json::value* body)
{
    const std::string_view id = path.substr(std::min(path.size(), sessions_path.size() + 1));
    const bool nested = id.find('/') != std::string_view::npos;
    const std::string_view method = received.method;
    const bool known =
        id.empty() ? method == "POST"
                   : !nested && (method == "GET" || method == "HEAD" || method == "PATCH" || method == "DELETE");
    if (!known) {
        throw no_route(received, path);
    }
    if (key.level == tier::free) {
        throw refusal{403, "TIER_ACCESS_DENIED", "This endpoint requires one of: pro, enterprise", nullptr, {}};
    }
    if (id.empty()) {
        return create(key, body);
    }
    if (method == "PATCH") {
        return update(id, key, body);
    }
    return method == "DELETE" ? remove(id, key) : get(id, key);
}

} // namespace sipher::testing::detail
