#include "base/printable_text.hpp"
#include "errors/error_report.hpp"
#include "errors/page_text.hpp"
#include "model/decode.hpp"

#include <sipher/error_code.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace sipher::detail {

namespace {

namespace json = boost::json;

constexpr std::size_t longest_code = 64;
constexpr std::size_t longest_line = 120;
constexpr std::size_t longest_sentence = 400;
constexpr std::size_t most_items = 5;

std::string text_member(const json::object& in, json::string_view name, std::size_t limit)
{
    const json::value* const member = in.if_contains(name);
    if (member == nullptr || !member->is_string()) {
        return {};
    }
    const json::string& text = member->get_string();
    return printable_text({text.data(), text.size()}, limit);
}

/// `defaults.chain` or `items[0].name`.
std::string path_text(const json::value& path)
{
    std::string text;
    const json::array* const steps = path.if_array();
    if (steps == nullptr) {
        return text;
    }
    for (const json::value& step : *steps) {
        if (const json::string* const name = step.if_string()) {
            text.append(text.empty() ? "" : ".").append(name->data(), name->size());
        } else if (step.is_number()) {
            text += "[" + json::serialize(step) + "]";
        }
        if (text.size() > longest_line) {
            break;
        }
    }
    return printable_text(text, longest_line);
}

/// `ttlSeconds: Too small: expected number to be >=60`.
std::string issue_text(const json::value& issue)
{
    if (const json::string* const text = issue.if_string()) {
        return printable_text({text->data(), text->size()}, longest_line);
    }
    const json::object* const members = issue.if_object();
    if (members == nullptr) {
        return {};
    }
    const json::value* const path = members->if_contains("path");
    const std::string where = path != nullptr ? path_text(*path) : std::string{};
    const std::string what = text_member(*members, "message", longest_line);
    return where.empty() || what.empty() ? where + what : where + ": " + what;
}

std::string scalar_text(const json::value& in)
{
    if (const json::string* const text = in.if_string()) {
        return printable_text({text->data(), text->size()}, longest_line);
    }
    return in.is_structured() || in.is_null() ? std::string{} : json::serialize(in);
}

/// The first items with a text; `…` stands for more.
template <class Items, class Describe>
std::string list_text(const Items& items, std::string_view separator, Describe describe)
{
    std::string text;
    std::size_t count = 0;
    for (const auto& item : items) {
        const std::string described = describe(item);
        if (!described.empty()) {
            text.append(count == 0 ? std::string_view{} : separator);
            if (++count > most_items) {
                return text.append("…");
            }
            text.append(described);
        }
    }
    return text;
}

/// `retryAfter 60`
std::string member_text(const json::key_value_pair& member)
{
    const std::string text = scalar_text(member.value());
    const std::string_view name{member.key().data(), member.key().size()};
    return text.empty() ? text : printable_text(name, longest_code) + " " + text;
}

/// Issues of a validation, the members of an object (`retryAfter 60, limit 3`), or a text.
std::string details_text(const json::value& details)
{
    if (const json::array* const issues = details.if_array()) {
        return list_text(*issues, "; ", issue_text);
    }
    if (const json::object* const members = details.if_object()) {
        return list_text(*members, ", ", member_text);
    }
    return scalar_text(details);
}

std::string joined(std::string message, const std::string& details)
{
    if (message.empty() || details.empty()) {
        return message + details;
    }
    return std::move(message) + ": " + details;
}

/// A code that contradicts the status is not believed.
service_code known_code(unsigned status, std::string_view code)
{
    if ((status == 404 || status == 410) && (code == "SESSION_NOT_FOUND" || code == "SESSION_EXPIRED")) {
        return service_code::session_gone;
    }
    if (status == 503 && code == "SERVICE_UNAVAILABLE") {
        return service_code::unavailable;
    }
    return status == 429 && code == "DAILY_QUOTA_EXCEEDED" ? service_code::daily_quota : service_code::other;
}

void read_error_object(const json::object& in, unsigned status, service_error& out)
{
    out.code = text_member(in, "code", longest_code);
    out.known = known_code(status, out.code);
    out.service_message = text_member(in, "message", longest_sentence);
    if (const json::value* const details = in.if_contains("details")) {
        out.details = *details;
    }
    const json::value* const retryable = in.if_contains("retryable");
    out.retryable = retryable != nullptr && retryable->is_bool() && retryable->get_bool();
    out.message = joined(out.service_message, details_text(out.details));
}

void read_object(const json::object& document, unsigned status, service_error& out)
{
    const json::value* const error = document.if_contains("error");
    if (error != nullptr && error->is_object()) {
        read_error_object(error->get_object(), status, out);
    } else {
        out.service_message =
            text_member(document, error != nullptr && error->is_string() ? "error" : "message", longest_sentence);
        out.message = out.service_message;
        if (const json::value* const data = document.if_contains("data")) {
            out.details = *data;
            out.message = joined(out.message, details_text(*data));
        }
        if (out.service_message.empty() && !out.message.empty()) {
            out.message = joined(status_phrase(status), out.message);
        }
    }
    if (out.message.empty()) {
        out.message = out.code.empty() ? status_phrase(status) + " without an explanation" : "no explanation is given";
    }
}

} // namespace

service_error decode_service_error(unsigned status, const json::value& document)
{
    service_error out;
    if (const json::object* const members = document.if_object()) {
        read_object(*members, status, out);
    } else {
        out.details = document;
        out.message = joined(status_phrase(status), details_text(document));
    }
    return out;
}

bool says_session_gone(const error& failure)
{
    return failure.code() == errc::session_gone ||
           (failure.code().category() == service_category() &&
            known_code(failure.status(), failure.service_code()) == service_code::session_gone);
}

} // namespace sipher::detail
