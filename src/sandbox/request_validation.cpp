#include "sandbox/request_validation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 17> chains{
    "solana", "ethereum", "polygon",   "arbitrum", "optimism", "base", "near",    "aptos", "sui",
    "cosmos", "osmosis",  "injective", "celestia", "sei",      "dydx", "bitcoin", "zcash"};
constexpr std::array<std::string_view, 3> privacy_levels{"standard", "shielded", "maximum"};
constexpr std::array<std::string_view, 4> rpc_providers{"helius", "quicknode", "triton", "generic"};
constexpr std::array<std::string_view, 1> backends{"sip-native"};

struct enumerated_member {
    std::string_view name;
    std::span<const std::string_view> values;
};

constexpr std::array<enumerated_member, 4> enumerated_members{
    {{"chain", chains}, {"privacyLevel", privacy_levels}, {"rpcProvider", rpc_providers}, {"backend", backends}}};

constexpr std::string_view viewing_key = "defaultViewingKey";
constexpr std::int64_t shortest_time_to_live = 60;
constexpr std::int64_t longest_time_to_live = 86400;
constexpr std::int64_t largest_integer = 9007199254740991;

bool is_hexadecimal(char letter) noexcept
{
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
}

/// The type's name as JavaScript's validators state it; null stands for a member that is missing.
std::string_view type_name(const json::value* value)
{
    if (value == nullptr) {
        return "undefined";
    }
    switch (value->kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "boolean";
    case json::kind::string: return "string";
    case json::kind::array: return "array";
    case json::kind::object: return "object";
    default: return "number";
    }
}

json::object wrong_type(std::string_view expected, const json::value* value, json::array path)
{
    json::object issue;
    issue["expected"] = expected;
    issue["code"] = "invalid_type";
    issue["path"] = std::move(path);
    issue["message"] =
        "Invalid input: expected " + std::string{expected} + ", received " + std::string{type_name(value)};
    return issue;
}

std::string describe(std::span<const std::string_view> values)
{
    std::string text = values.size() == 1 ? "Invalid input: expected " : "Invalid option: expected one of ";
    for (std::size_t i = 0; i < values.size(); ++i) {
        text.append(i == 0 ? "\"" : "|\"").append(values[i]).append("\"");
    }
    return text;
}

json::object wrong_option(std::span<const std::string_view> values, json::array path)
{
    json::object issue;
    issue["code"] = "invalid_value";
    issue["values"] = json::array(values.begin(), values.end());
    issue["path"] = std::move(path);
    issue["message"] = describe(values);
    return issue;
}

std::optional<json::object> check_option(const json::value& value, std::span<const std::string_view> values,
                                         json::array path)
{
    const bool known = value.is_string() &&
                       std::find(values.begin(), values.end(), std::string_view{value.get_string()}) != values.end();
    return known ? std::nullopt : std::optional{wrong_option(values, std::move(path))};
}

std::optional<json::object> check_viewing_key(const json::value& value, json::array path)
{
    if (!value.is_string()) {
        return wrong_type("string", &value, std::move(path));
    }
    const std::string_view text = value.get_string();
    if (text.size() > 2 && text.starts_with("0x") && std::all_of(text.begin() + 2, text.end(), is_hexadecimal)) {
        return std::nullopt;
    }
    json::object issue;
    issue["origin"] = "string";
    issue["code"] = "invalid_format";
    issue["format"] = "regex";
    issue["pattern"] = "/^0x[0-9a-fA-F]+$/";
    issue["path"] = std::move(path);
    issue["message"] = "0x-prefixed hex string";
    return issue;
}

json::object out_of_range(bool small, std::int64_t limit)
{
    json::object issue;
    issue["origin"] = "number";
    issue["code"] = small ? "too_small" : "too_big";
    issue[small ? "minimum" : "maximum"] = limit;
    issue["inclusive"] = true;
    issue["path"] = json::array{"ttlSeconds"};
    issue["message"] =
        (small ? "Too small: expected number to be >=" : "Too big: expected number to be <=") + std::to_string(limit);
    return issue;
}

/// Beyond the integers that JavaScript's numbers hold exactly.
json::object unsafe_integer(bool small)
{
    const std::int64_t limit = small ? -largest_integer : largest_integer;
    json::object issue;
    issue["code"] = small ? "too_small" : "too_big";
    issue[small ? "minimum" : "maximum"] = limit;
    issue["note"] = "Integers must be within the safe integer range.";
    issue["origin"] = "int";
    issue["path"] = json::array{"ttlSeconds"};
    issue["message"] =
        (small ? "Too small: expected int to be >" : "Too big: expected int to be <") + std::to_string(limit);
    return issue;
}

/// JavaScript has one kind of number, so 60.0 is an integer to the service.
void read_time_to_live(const json::value& value, session_request& result)
{
    if (!value.is_number()) {
        result.issues.push_back(wrong_type("number", &value, json::array{"ttlSeconds"}));
        return;
    }
    const auto number = value.to_number<double>();
    if (std::trunc(number) != number) {
        json::object issue = wrong_type("int", &value, json::array{"ttlSeconds"});
        issue["format"] = "safeint";
        result.issues.push_back(std::move(issue));
        return;
    }
    if (std::abs(number) > static_cast<double>(largest_integer)) {
        result.issues.push_back(unsafe_integer(number < 0));
    }
    if (number < shortest_time_to_live) {
        result.issues.push_back(out_of_range(true, shortest_time_to_live));
    } else if (number > longest_time_to_live) {
        result.issues.push_back(out_of_range(false, longest_time_to_live));
    } else {
        result.time_to_live = std::chrono::seconds{static_cast<std::int64_t>(number)};
    }
}

void read_member(const json::object& from, std::string_view name, std::optional<json::object> issue,
                 session_request& result)
{
    if (issue) {
        result.issues.push_back(std::move(*issue));
    } else {
        result.defaults[name] = from.at(name);
    }
}

void read_defaults(const json::object& body, session_request& result)
{
    const json::value* const defaults = body.if_contains("defaults");
    if (defaults == nullptr || !defaults->is_object()) {
        result.issues.push_back(wrong_type("object", defaults, json::array{"defaults"}));
        return;
    }
    const json::object& from = defaults->get_object();
    for (const auto& [name, values] : enumerated_members) {
        if (const json::value* const value = from.if_contains(name)) {
            read_member(from, name, check_option(*value, values, json::array{"defaults", name}), result);
        }
    }
    if (const json::value* const value = from.if_contains(viewing_key)) {
        read_member(from, viewing_key, check_viewing_key(*value, json::array{"defaults", viewing_key}), result);
    }
}

} // namespace

session_request validate_update(const json::value* body)
{
    session_request result;
    if (body == nullptr || !body->is_object()) {
        result.issues.push_back(wrong_type("object", body, json::array{}));
    } else {
        read_defaults(body->get_object(), result);
    }
    return result;
}

session_request validate_create(const json::value* body)
{
    session_request result = validate_update(body);
    const json::object* const members = body == nullptr ? nullptr : body->if_object();
    if (const json::value* const value = members == nullptr ? nullptr : members->if_contains("ttlSeconds")) {
        read_time_to_live(*value, result);
    }
    return result;
}

json::array validate_use(const json::value* body)
{
    json::array issues;
    if (body == nullptr || !body->is_object()) {
        issues.push_back(wrong_type("object", body, json::array{}));
        return issues;
    }
    const json::object& members = body->get_object();
    if (const json::value* const chain = members.if_contains("chain")) {
        if (std::optional<json::object> issue = check_option(*chain, chains, json::array{"chain"})) {
            issues.push_back(std::move(*issue));
        }
    }
    if (const json::value* const label = members.if_contains("label"); label != nullptr && !label->is_string()) {
        issues.push_back(wrong_type("string", label, json::array{"label"}));
    }
    return issues;
}

bool is_session_id(std::string_view text) noexcept
{
    constexpr std::string_view prefix = "sess_";
    constexpr std::size_t digits = 64;
    const auto allowed = [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
    };
    return text.size() == prefix.size() + digits && text.starts_with(prefix) &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(prefix.size()), text.end(), allowed);
}

} // namespace sipher::testing::detail
