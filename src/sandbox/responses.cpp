#include "sandbox/responses.hpp"

#include <boost/beast/http/field.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <chrono>
#include <ctime>
#include <functional>
#include <iomanip>
#include <locale>
#include <sstream>
#include <utility>

namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

/// In UTC and in English, regardless of the program's locale.
std::string to_text(clock::wall_time when, const char* layout)
{
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
    std::tm civil{};
    gmtime_r(&seconds, &civil);
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text << std::put_time(&civil, layout);
    return text.str();
}

/// A weak validator of a body, as the framework makes it.
std::string entity_tag(std::string_view body)
{
    const std::size_t hash = std::hash<std::string_view>{}(body);
    return "W/\"" + std::to_string(body.size()) + "-" + std::to_string(hash) + "\"";
}

/// Whether a read's `If-None-Match` has this validator, or `*`; compared weakly, as for every read.
bool is_known(const request& received, std::string_view tag)
{
    const std::string known = joined_fields(received, "If-None-Match");
    return is_read(received) && (known == "*" || known.find(tag.substr(2)) != std::string::npos);
}

} // namespace

response page(std::string_view content_type, std::string body)
{
    response result;
    result.set(http::field::content_type, content_type);
    result.body() = std::move(body);
    return result;
}

response to_response(unsigned status, const json::value& document)
{
    response result = page("application/json; charset=utf-8", json::serialize(document));
    result.result(status);
    return result;
}

response success(unsigned status, json::value data)
{
    return to_response(status, json::object{{"success", true}, {"data", std::move(data)}});
}

response failure(refusal why)
{
    json::object error{{"code", why.code}, {"message", why.message}};
    if (!why.details.is_null()) {
        error["details"] = std::move(why.details);
    }
    response result = to_response(why.status, json::object{{"success", false}, {"error", std::move(error)}});
    for (const auto& [name, value] : why.headers) {
        result.insert(name, value);
    }
    return result;
}

refusal invalid_request(json::array issues)
{
    return {400, "VALIDATION_ERROR", "Invalid request data", std::move(issues)};
}

refusal internal_error(std::string_view details)
{
    return {500, "INTERNAL_SERVER_ERROR", "An unexpected error occurred", json::value(details)};
}

void add_standard_fields(response& made, const request& received, clock::wall_time now)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 12> fixed{{
        {"Content-Security-Policy",
         "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors "
         "'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' "
         "https: 'unsafe-inline';upgrade-insecure-requests"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Origin-Agent-Cluster", "?1"},
        {"Referrer-Policy", "no-referrer"},
        {"Strict-Transport-Security", "max-age=31536000; includeSubDomains"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-DNS-Prefetch-Control", "off"},
        {"X-Download-Options", "noopen"},
        {"X-Frame-Options", "SAMEORIGIN"},
        {"X-Permitted-Cross-Domain-Policies", "none"},
        {"X-XSS-Protection", "0"},
    }};
    http::fields own;
    std::swap(own, static_cast<http::fields&>(made.base()));
    made.set("X-Request-ID", received.id);
    for (const auto& [name, value] : fixed) {
        made.set(name, value);
    }
    made.set(http::field::date, to_text(now, "%a, %d %b %Y %H:%M:%S GMT"));
    const bool has_origin = received.message.count(http::field::origin) != 0;
    made.set(http::field::vary, has_origin ? "Origin, Accept-Encoding" : "Accept-Encoding");
    if (has_origin) {
        made.set(http::field::access_control_allow_credentials, "true");
    }
    const std::string tag = entity_tag(made.body());
    made.set(http::field::etag, tag);
    for (const auto& field : own) {
        made.insert(field.name_string(), field.value());
    }
    if (made.result() == http::status::ok && is_known(received, tag)) {
        made.result(http::status::not_modified);
        made.body().clear();
        made.erase(http::field::content_type);
    }
}

std::string to_iso_8601(clock::wall_time when)
{
    const auto fraction = (when - std::chrono::floor<std::chrono::seconds>(when)).count();
    return to_text(when, "%Y-%m-%dT%H:%M:%S.") + std::to_string(1000 + fraction).substr(1) + "Z";
}

json::value error_catalogue()
{
    struct entry {
        std::string_view code;
        unsigned status;
        std::string_view description;
        bool retryable;
    };
    constexpr std::array<entry, 14> entries{{
        {"VALIDATION_ERROR", 400, "The request breaks the schema", false},
        {"INVALID_JSON", 400, "The request body is not valid JSON", false},
        {"UNAUTHORIZED", 401, "No API key was given", false},
        {"INVALID_API_KEY", 401, "The API key is unknown, revoked or expired", false},
        {"TIER_ACCESS_DENIED", 403, "The API key's tier does not include this endpoint", false},
        {"NOT_FOUND", 404, "There is no such route", false},
        {"SESSION_NOT_FOUND", 404, "There is no such session", false},
        {"REQUEST_TIMEOUT", 408, "The request took too long", false},
        {"SESSION_EXPIRED", 410, "The session has expired", false},
        {"RATE_LIMITED", 429, "Too many requests from this address", true},
        {"DAILY_QUOTA_EXCEEDED", 429, "The API key's daily quota is used up", true},
        {"INTERNAL_SERVER_ERROR", 500, "Something unexpected happened", true},
        {"SESSION_CREATE_FAILED", 500, "The session could not be stored", true},
        {"SERVICE_UNAVAILABLE", 503, "The service cannot work just now", true},
    }};
    json::array errors;
    for (const auto& [code, status, description, retryable] : entries) {
        errors.push_back(json::object{
            {"code", code}, {"httpStatus", status}, {"description", description}, {"retryable", retryable}});
    }
    return json::object{{"totalCodes", errors.size()}, {"errors", std::move(errors)}};
}

} // namespace sipher::testing::detail
