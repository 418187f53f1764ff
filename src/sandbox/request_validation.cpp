#include "sandbox/request_validation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>

namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 17> chains{
    "solana", "ethereum", "polygon",   "arbitrum", "optimism", "base", "near",    "aptos", "sui",
    "cosmos", "osmosis",  "injective", "celestia", "sei",      "dydx", "bitcoin", "zcash"};
constexpr std::array<std::string_view, 3> privacy_levels{"standard", "shielded", "maximum"};
constexpr std::array<std::string_view, 4> rpc_providers{"helius", "quicknode", "triton", "generic"};
constexpr std::array<std::string_view, 1> backends{"sip-native"};

constexpr std::string_view hexadecimal = "0123456789abcdefABCDEF";
constexpr double shortest_time_to_live = 60;
constexpr double longest_time_to_live = 86400;
/// The largest integer that JavaScript's numbers represent exactly.
constexpr std::int64_t largest_integer = 9007199254740991;

/// The type's name as JavaScript's validators state it; null stands for a missing member.
std::string type_name(const json::value* value)
{
    if (value == nullptr) {
        return "undefined";
    }
    return value->is_number() ? "number" : value->is_bool() ? "boolean" : std::string{json::to_string(value->kind())};
}

json::object wrong_type(std::string_view expected, const json::value* value, json::array path)
{
    return {{"expected", expected},
            {"code", "invalid_type"},
            {"path", std::move(path)},
            {"message", "Invalid input: expected " + std::string{expected} + ", received " + type_name(value)}};
}

void check_option(const json::value& value, std::span<const std::string_view> values, json::array path,
                  json::array& issues)
{
    std::string message = values.size() == 1 ? "Invalid input: expected " : "Invalid option: expected one of ";
    for (const std::string_view each : values) {
        if (value.is_string() && std::string_view{value.get_string()} == each) {
            return;
        }
        message.append(each == values.front() ? "\"" : "|\"").append(each).append("\"");
    }
    issues.push_back(json::object{{"code", "invalid_value"},
                                  {"values", json::array(values.begin(), values.end())},
                                  {"path", std::move(path)},
                                  {"message", message}});
}

void check_viewing_key(const json::value& value, json::array path, json::array& issues)
{
    if (!value.is_string()) {
        issues.push_back(wrong_type("string", &value, std::move(path)));
        return;
    }
    const std::string_view text = value.get_string();
    if (text.size() < 3 || !text.starts_with("0x") || text.find_first_not_of(hexadecimal, 2) != text.npos) {
        issues.push_back(json::object{{"origin", "string"},
                                      {"code", "invalid_format"},
                                      {"format", "regex"},
                                      {"pattern", "/^0x[0-9a-fA-F]+$/"},
                                      {"path", std::move(path)},
                                      {"message", "0x-prefixed hex string"}});
    }
}

/// `origin` is `number` for the service's own limits, and `int` for those of JavaScript's integers.
json::object out_of_range(bool small, const std::string& origin, std::int64_t limit)
{
    const bool inclusive = origin == "number";
    const std::string relation = inclusive ? small ? ">=" : "<=" : small ? ">" : "<";
    const std::string expected = (small ? "Too small: expected " : "Too big: expected ") + origin;
    json::object issue{{"origin", origin},
                       {"code", small ? "too_small" : "too_big"},
                       {small ? "minimum" : "maximum", limit},
                       {"path", json::array{"ttlSeconds"}},
                       {"message", expected + " to be " + relation + std::to_string(limit)}};
    if (inclusive) {
        issue["inclusive"] = true;
    } else {
        issue["note"] = "Integers must be within the safe integer range.";
    }
    return issue;
}

/// JavaScript has one kind of number, so 60.0 is an integer to the service.
void read_time_to_live(const json::value& value, session_request& result)
{
    if (!value.is_number()) {
        result.issues.push_back(wrong_type("number", &value, {"ttlSeconds"}));
        return;
    }
    const auto number = value.to_number<double>();
    if (std::trunc(number) != number) {
        json::object issue = wrong_type("int", &value, {"ttlSeconds"});
        issue["format"] = "safeint";
        result.issues.push_back(std::move(issue));
        return;
    }
    const bool small = number < shortest_time_to_live;
    if (std::abs(number) > static_cast<double>(largest_integer)) {
        result.issues.push_back(out_of_range(small, "int", small ? -largest_integer : largest_integer));
    }
    if (small || number > longest_time_to_live) {
        const double limit = small ? shortest_time_to_live : longest_time_to_live;
        result.issues.push_back(out_of_range(small, "number", static_cast<std::int64_t>(limit)));
    } else {
        result.time_to_live = std::chrono::seconds{static_cast<std::int64_t>(number)};
    }
}

/// One of a session's defaults: its name, its allowed values, and the member of `session_defaults`.
template <class Value>
struct known_default {
    std::string_view name;
    /// Empty: it is a viewing key.
    std::span<const std::string_view> values;
    std::optional<Value> session_defaults::*member;
};

/// The sandbox's only list of a session's defaults, in the service's order.
constexpr std::tuple known_defaults{
    known_default<chain>{"chain", chains, &session_defaults::chain},
    known_default<privacy_level>{"privacyLevel", privacy_levels, &session_defaults::privacy_level},
    known_default<rpc_provider>{"rpcProvider", rpc_providers, &session_defaults::rpc_provider},
    known_default<backend>{"backend", backends, &session_defaults::backend},
    known_default<secret>{"defaultViewingKey", {}, &session_defaults::default_viewing_key},
};

/// Never called: a new default does not compile until it has been added here, and then above.
[[maybe_unused]] void count_defaults(const session_defaults& all)
{
    const auto& [chain, privacy_level, rpc_provider, backend, default_viewing_key] = all;
    const auto members = std::tie(chain, privacy_level, rpc_provider, backend, default_viewing_key);
    static_assert(std::tuple_size_v<decltype(members)> == std::tuple_size_v<decltype(known_defaults)>);
}

/// Calls `visit(known, value)` for each default that `from` has.
template <class Visit>
void for_each_default_in(const json::object& from, const Visit& visit)
{
    const auto visit_if_there = [&](const auto& known) {
        if (const json::value* const value = from.if_contains(known.name)) {
            visit(known, *value);
        }
    };
    std::apply([&](const auto&... known) { (visit_if_there(known), ...); }, known_defaults);
}

void read_defaults(const json::object& from, session_request& result)
{
    copy_defaults(from, result.defaults);
    for_each_default_in(from, [&result](const auto& known, const json::value& value) {
        if (known.values.empty()) {
            check_viewing_key(value, {"defaults", known.name}, result.issues);
        } else {
            check_option(value, known.values, {"defaults", known.name}, result.issues);
        }
    });
}

const json::object* object_in(const std::optional<json::value>& body, json::array& issues)
{
    const json::object* const found = body ? body->if_object() : nullptr;
    if (found == nullptr) {
        issues.push_back(wrong_type("object", body ? &*body : nullptr, {}));
    }
    return found;
}

} // namespace

session_request validate_update(const std::optional<json::value>& body)
{
    session_request result;
    if (const json::object* const members = object_in(body, result.issues)) {
        const json::value* const defaults = members->if_contains("defaults");
        if (defaults != nullptr && defaults->is_object()) {
            read_defaults(defaults->get_object(), result);
        } else {
            result.issues.push_back(wrong_type("object", defaults, {"defaults"}));
        }
    }
    return result;
}

session_request validate_create(const std::optional<json::value>& body)
{
    session_request result = validate_update(body);
    if (body && body->is_object()) {
        if (const json::value* const value = body->get_object().if_contains("ttlSeconds")) {
            read_time_to_live(*value, result);
        }
    }
    return result;
}

json::array validate_use(const std::optional<json::value>& body)
{
    json::array issues;
    if (const json::object* const members = object_in(body, issues)) {
        if (const json::value* const chain = members->if_contains("chain")) {
            check_option(*chain, chains, {"chain"}, issues);
        }
        if (const json::value* const label = members->if_contains("label"); label != nullptr && !label->is_string()) {
            issues.push_back(wrong_type("string", label, {"label"}));
        }
    }
    return issues;
}

void copy_defaults(const json::object& from, json::object& to)
{
    for_each_default_in(from, [&to](const auto& known, const json::value& value) { to[known.name] = value; });
}

session_defaults to_defaults(const json::object& from)
{
    session_defaults result;
    for_each_default_in(from, [&result]<class Value>(const known_default<Value>& known, const json::value& value) {
        if (!value.is_string()) {
            return;
        }
        const std::string_view text = value.get_string();
        if constexpr (requires { Value::from_name(text); }) {
            result.*known.member = Value::from_name(text);
        } else {
            result.*known.member = Value{text};
        }
    });
    return result;
}

bool is_session_id(std::string_view text)
{
    constexpr std::size_t size = 69;
    return text.size() == size && text.starts_with("sess_") &&
           text.find_first_not_of(hexadecimal.substr(0, 16), 5) == text.npos;
}

} // namespace sipher::testing::detail
