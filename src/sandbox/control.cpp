#include "sandbox/control.hpp"

#include "sandbox/fault_table.hpp"
#include "sandbox/json_members.hpp"
#include "sandbox/request_path.hpp"
#include "sandbox/responses.hpp"
#include "sandbox/text_decoding.hpp"

#include <sipher/json.hpp>
#include <sipher/testing/manual_clock.hpp>

#include <boost/describe/class.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sipher::testing {

// Their JSON uses the members' names.
BOOST_DESCRIBE_STRUCT(ledger_entry, (),
                      (method, target, request_id, headers, body, status, applied, effective_defaults))
BOOST_DESCRIBE_STRUCT(sandbox_counters, (),
                      (connections, open_connections, handshakes_resumed, handshake_failures, requests, bytes_received,
                       created, read, updated, deleted, other))

} // namespace sipher::testing

namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

json::value list_faults(sandbox_state& state, json_members&)
{
    return {{"waiting", state.faults.size()}, {"known", json::value_from(fault_names())}};
}

json::value add_faults(sandbox_state& state, json_members& given)
{
    const auto count = given.take<std::uint16_t>("count", 1);
    state.faults.insert(state.faults.end(), count, make_fault(given));
    return list_faults(state, given);
}

json::value clear_faults(sandbox_state& state, json_members& given)
{
    state.faults.clear();
    return list_faults(state, given);
}

json::value show_ledger(sandbox_state& state, json_members&)
{
    json::array entries;
    for (const auto& entry : state.ledger) {
        entries.push_back(json::value_from(*entry));
    }
    return entries;
}

json::value show_counters(sandbox_state& state, json_members&)
{
    return json::value_from(state.counters);
}

json::value show_clock(sandbox_state& state, json_members&)
{
    return {{"now", state.backend.time().wall_now().time_since_epoch().count()}};
}

json::value advance_clock(sandbox_state& state, json_members& given)
{
    auto* const manual = dynamic_cast<manual_clock*>(&state.backend.time());
    if (manual == nullptr) {
        throw refusal{409, {}, "the clock is not a manual one"};
    }
    const auto by = given.take<std::uint32_t>("milliseconds");
    given.require_none_left();
    manual->advance(std::chrono::milliseconds{by});
    return show_clock(state, given);
}

json::value reset(sandbox_state& state, json_members& given)
{
    state.reset();
    return show_counters(state, given);
}

struct endpoint {
    std::string_view method;
    std::string_view route;
    json::value (*serve)(sandbox_state& state, json_members& given);
};

constexpr std::array<endpoint, 8> endpoints{{
    {"GET", "/sandbox/faults", list_faults},
    {"POST", "/sandbox/faults", add_faults},
    {"DELETE", "/sandbox/faults", clear_faults},
    {"GET", "/sandbox/ledger", show_ledger},
    {"GET", "/sandbox/counters", show_counters},
    {"GET", "/sandbox/clock", show_clock},
    {"POST", "/sandbox/clock", advance_clock},
    {"POST", "/sandbox/reset", reset},
}};

const endpoint& find_endpoint(const request& received)
{
    const request_path path{std::string_view{received.message.target()}};
    const std::string_view method = received.message.method_string();
    const auto found = std::find_if(endpoints.begin(), endpoints.end(), [&](const endpoint& each) {
        return each.method == method && each.route == path.route;
    });
    if (found == endpoints.end()) {
        throw refusal{404, {}, "there is no " + std::string{method} + " " + path.route};
    }
    return *found;
}

json_members read_members(const request& received)
{
    const std::string& text = received.message.body();
    boost::system::error_code problem;
    json::value document = json::parse(text.empty() ? "{}" : text, problem);
    if (problem || !document.is_object()) {
        throw refusal{400, {}, "the body is not a JSON object"};
    }
    return json_members{std::move(document.get_object())};
}

} // namespace

bool is_control(const request& received)
{
    return request_path{std::string_view{received.message.target()}}.route.starts_with("/sandbox/");
}

response control(sandbox_state& state, const request& received)
{
    try {
        const endpoint& wanted = find_endpoint(received);
        json_members given = read_members(received);
        const json::value document = wanted.serve(state, given);
        // The ledger contains clients' bytes, which need not be text.
        return page("application/json", replace_invalid_utf_8(json::serialize(document)) + "\n");
    } catch (const refusal& why) {
        return to_response(why.status, json::object{{"error", why.message}});
    }
}

} // namespace sipher::testing::detail
