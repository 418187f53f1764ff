#include "sandbox/fault_table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <string>
#include <utility>

namespace sipher::testing::detail {

namespace {

struct fault_kind {
    std::string_view name;
    fault (*make)(json_members& given);
};

unsigned take_status(json_members& given)
{
    const auto status = given.take<unsigned>("status");
    // HTTP has no others, and Beast does not write them.
    if (status < 100 || status > 999) {
        throw refusal{400, {}, "`status` must have three digits"};
    }
    return status;
}

bool take_flag(json_members& given, std::string_view name)
{
    return given.take<bool>(name, false);
}

std::string take_text(json_members& given, std::string_view name)
{
    return given.take<std::string>(name, "");
}

header_list take_headers(json_members& given)
{
    return given.take<header_list>("headers", {});
}

/// Parameters have the same names as those of the functions.
constexpr std::array<fault_kind, 12> kinds{{
    {"delay",
     [](json_members& given) {
         return fault::delay(std::chrono::milliseconds{given.take<std::uint32_t>("milliseconds")});
     }},
    {"respond",
     [](json_members& given) {
         return fault::respond(take_status(given), take_text(given, "body"), take_headers(given));
     }},
    {"cut_response",
     [](json_members& given) {
         return fault::cut_response(given.take<std::size_t>("bytes"), take_flag(given, "reset"));
     }},
    {"drop_request", [](json_members& given) { return fault::drop_request(take_flag(given, "reset")); }},
    {"raw_response", [](json_members& given) { return fault::raw_response(given.take<std::string>("bytes")); }},
    {"silence", [](json_members&) { return fault::silence(); }},
    {"with_header",
     [](json_members& given) {
         return fault::with_header(given.take<std::string>("name"), given.take<std::string>("value"));
     }},
    {"act_but_respond",
     [](json_members& given) {
         return fault::act_but_respond(take_status(given), take_text(given, "body"), take_headers(given));
     }},
    {"foreign_page",
     [](json_members& given) {
         return fault::foreign_page(take_status(given), take_text(given, "content_type"), take_text(given, "body"),
                                    take_flag(given, "act"));
     }},
    {"captive_portal", [](json_members& given) { return fault::captive_portal(take_flag(given, "act")); }},
    {"edge_error", [](json_members& given) { return fault::edge_error(take_status(given), take_flag(given, "act")); }},
    {"challenge", [](json_members& given) { return fault::challenge(take_flag(given, "act")); }},
}};

} // namespace

fault make_fault(json_members& given)
{
    const auto name = given.take<std::string>("fault");
    const auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const fault_kind& each) { return each.name == name; });
    if (kind == kinds.end()) {
        throw refusal{400, {}, "there is no fault `" + name + "`"};
    }
    fault made = kind->make(given);
    given.require_none_left();
    return made;
}

std::vector<std::string_view> fault_names()
{
    std::vector<std::string_view> names;
    std::transform(kinds.begin(), kinds.end(), std::back_inserter(names), std::mem_fn(&fault_kind::name));
    return names;
}

} // namespace sipher::testing::detail
