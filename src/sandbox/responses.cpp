#include "sandbox/responses.hpp"

#include <boost/json/serialize.hpp>

#include <boost/beast/http/field.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

struct civil_time {
    std::chrono::year_month_day date;
    std::chrono::weekday day;
    std::chrono::hh_mm_ss<std::chrono::milliseconds> time;
};

civil_time to_civil(clock::wall_time when)
{
    const auto day = std::chrono::floor<std::chrono::days>(when);
    return {std::chrono::year_month_day{day}, std::chrono::weekday{day},
            std::chrono::hh_mm_ss<std::chrono::milliseconds>{when - day}};
}

/// `Date` in the fixed form of RFC 9110.
std::string to_http_date(clock::wall_time when)
{
    constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto [date, day, time] = to_civil(when);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", days[day.c_encoding()],
                  static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                  static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
    return text.data();
}

/// A weak validator, as the framework makes one of each body.
std::string entity_tag(std::string_view body)
{
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char byte : body) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
    }
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "W/\"%zx-%016llx\"", body.size(), static_cast<unsigned long long>(hash));
    return text.data();
}

/// Whether a read names this validator, or any, as one that the client has; compared weakly, as for every read.
bool is_known(const request& received, std::string_view tag)
{
    const std::string known = joined_fields(received, "If-None-Match");
    const std::string_view opaque = tag.substr(2);
    return is_read(received) && (known == "*" || known.find(opaque) != std::string::npos);
}

response make_response(unsigned status, const json::value& document)
{
    response result = page("application/json; charset=utf-8", json::serialize(document));
    result.result(status);
    return result;
}

json::object envelope(bool success)
{
    json::object document;
    document["success"] = success;
    return document;
}

} // namespace

response success(unsigned status, json::value data)
{
    json::object document = envelope(true);
    document["data"] = std::move(data);
    return make_response(status, document);
}

response failure(const refusal& why)
{
    json::object error;
    error["code"] = why.code;
    error["message"] = why.message;
    if (!why.details.is_null()) {
        error["details"] = why.details;
    }
    json::object document = envelope(false);
    document["error"] = std::move(error);
    response result = make_response(why.status, document);
    for (const auto& [name, value] : why.headers) {
        result.insert(name, value);
    }
    return result;
}

response unhealthy(json::value data)
{
    json::object document = envelope(false);
    document["data"] = std::move(data);
    return make_response(503, document);
}

response page(std::string_view content_type, std::string body)
{
    response result;
    result.set(http::field::content_type, content_type);
    result.body() = std::move(body);
    return result;
}

refusal invalid_request(json::array issues)
{
    return {400, "VALIDATION_ERROR", "Invalid request data", std::move(issues), {}};
}

refusal internal_error(std::string details)
{
    return {500, "INTERNAL_SERVER_ERROR", "An unexpected error occurred", json::value(details), {}};
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
    const std::string tag = entity_tag(made.body());
    http::fields fields;
    fields.set("X-Request-ID", received.id);
    for (const auto& [name, value] : fixed) {
        fields.set(name, value);
    }
    fields.set(http::field::etag, tag);
    fields.set(http::field::date, to_http_date(now));
    const bool has_origin = received.message.count(http::field::origin) != 0;
    fields.set(http::field::vary, has_origin ? "Origin, Accept-Encoding" : "Accept-Encoding");
    if (has_origin) {
        fields.set(http::field::access_control_allow_credentials, "true");
    }
    if (made.result() == http::status::ok && is_known(received, tag)) {
        made.result(http::status::not_modified);
        made.body().clear();
        made.erase(http::field::content_type);
    }
    for (const auto& field : made) {
        fields.insert(field.name_string(), field.value());
    }
    static_cast<http::fields&>(made.base()) = std::move(fields);
}

std::string to_iso_8601(clock::wall_time when)
{
    const auto [date, day, time] = to_civil(when);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return text.data();
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
        json::object item;
        item["code"] = code;
        item["httpStatus"] = status;
        item["description"] = description;
        item["retryable"] = retryable;
        errors.push_back(std::move(item));
    }
    json::object data;
    data["totalCodes"] = errors.size();
    data["errors"] = std::move(errors);
    return data;
}

} // namespace sipher::testing::detail
