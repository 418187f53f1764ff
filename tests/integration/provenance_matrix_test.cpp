#include "support/client_fixture.hpp"
#include "support/intermediary.hpp"

#include <sipher/sipher.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// Who made a response, its status, the operation, where in a call it comes, and whether the service acted: each cell
/// is compared with what the sandbox knows that it did. The rules stand here in the words of the contract, and share
/// nothing with the library's own table.
namespace sipher::test {
namespace {

using namespace std::chrono_literals;
using sipher::testing::fault;
using sipher::testing::ledger_entry;
using sipher::testing::sandbox_counters;

// ---- what there is --------------------------------------------------------------------------------------------------

/// What a response looks like.
enum class form {
    envelope,
    /// The envelope, with a member that nobody reads nested 40 deep, or with a byte that is not UTF-8.
    envelope_deep,
    envelope_not_utf8,
    /// The envelope, cut within its body.
    envelope_cut,
    other_json,
    other_json_deep,
    other_json_not_utf8,
    html,
    plain_text,
    empty,
    /// Exactly what the service's HTTP server sends before it has a request, with and without a Content-Length.
    bare,
    bare_unframed,
};

constexpr std::array<const char*, 12> form_names{
    "envelope", "envelope_deep", "envelope_not_utf8", "envelope_cut", "other_json", "other_json_deep",
    "not_utf8", "html",          "plain_text",        "empty",        "bare",       "bare_unframed"};

constexpr std::array<unsigned, 30> statuses{200, 201, 204, 301, 400, 401, 403, 404, 408, 410, 413, 421, 425, 429, 431,
                                            500, 502, 503, 504, 511, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530};

enum class operation { create, get, update, remove };

constexpr std::array<const char*, 4> operation_names{"create", "get", "update", "delete"};

/// What came before the response in the same call.
enum class position {
    first,
    /// A gateway's 502, the service having acted or not.
    after_unknown_applied,
    after_unknown_not_applied,
    /// The HTTP server's 408.
    after_refusal,
};

constexpr std::array<const char*, 4> position_names{"first", "after_unknown_applied", "after_unknown_not_applied",
                                                    "after_refusal"};

struct cell {
    form made_as = form::envelope;
    operation what = operation::create;
    unsigned status = 200;
    position where = position::first;
    /// Whether the service acts on the request that is answered so.
    bool acts = false;
};

std::string name_of(const cell& each)
{
    return std::string{form_names.at(static_cast<std::size_t>(each.made_as))} + " " + std::to_string(each.status) +
           " " + operation_names.at(static_cast<std::size_t>(each.what)) + " " +
           position_names.at(static_cast<std::size_t>(each.where)) + (each.acts ? " acts" : " does not act");
}

template <class Value>
bool is_one_of(Value value, std::initializer_list<Value> values)
{
    return std::find(values.begin(), values.end(), value) != values.end();
}

bool is_success(unsigned status)
{
    return status >= 200 && status < 300;
}

// ---- the rules ------------------------------------------------------------------------------------------------------

enum class maker { service, http_server, intermediary };

maker maker_of(const cell& each)
{
    if (is_one_of(each.made_as, {form::envelope, form::envelope_deep, form::envelope_not_utf8})) {
        return maker::service;
    }
    const bool bare = is_one_of(each.made_as, {form::bare, form::bare_unframed});
    return bare && is_one_of(each.status, {400U, 408U, 413U, 431U}) ? maker::http_server : maker::intermediary;
}

/// Statuses that prove by themselves that the origin was not reached, whoever sends them.
bool proves_not_reached(unsigned status)
{
    return is_one_of(status, {421U, 425U, 511U, 521U, 523U, 525U, 526U});
}

bool is_transient(unsigned status)
{
    return is_one_of(status, {408U, 425U, 429U, 502U, 503U, 504U, 529U, 530U}) || (status >= 520 && status <= 527);
}

/// A 2xx to a delete is proof enough if its body is merely missing or broken, but not if it is somebody's page or
/// somebody's JSON.
bool tells_of_a_delete(const cell& each)
{
    return each.what == operation::remove && is_success(each.status) &&
           !is_one_of(each.made_as, {form::html, form::other_json});
}

/// Whether the service declines the request by this status: it says that it did not act.
bool service_declines(unsigned status)
{
    return (status >= 400 && status < 500 && status != 408) || status == 503;
}

/// Whether a peer that keeps to the contract behaves like this. What others do proves nothing about the client.
bool is_honest(const cell& each)
{
    const bool gone = each.what == operation::remove && each.where == position::after_unknown_applied;
    if (each.status == 204 && each.made_as != form::empty) {
        return false;
    }
    if (proves_not_reached(each.status) || maker_of(each) == maker::http_server) {
        return !each.acts;
    }
    if (maker_of(each) != maker::service) {
        return each.acts || gone || !tells_of_a_delete(each);
    }
    if (is_success(each.status)) {
        return each.acts || gone;
    }
    const bool denies_it_exists = each.what == operation::remove && (each.status == 404 || each.status == 410);
    if (denies_it_exists && each.where == position::after_unknown_not_applied) {
        return false;
    }
    return !(each.acts && service_declines(each.status));
}

/// How a call has to end. What is not set is left to the library.
struct expectation {
    std::optional<bool> succeeds;
    std::optional<sipher::outcome> effect;
    /// Requests after the one that is answered so.
    std::optional<std::uint64_t> repetitions;
};

expectation ends_here(sipher::outcome effect)
{
    return {false, effect, 0};
}

expectation succeeds_after(std::uint64_t repetitions)
{
    return {true, {}, repetitions};
}

bool is_after_unknown(const cell& each)
{
    return each.where == position::after_unknown_applied || each.where == position::after_unknown_not_applied;
}

/// Of the whole call, when this response leaves no doubt.
sipher::outcome not_applied_beyond_before(const cell& each)
{
    return is_after_unknown(each) ? outcome::unknown : outcome::not_applied;
}

expectation expect_of_service(const cell& each)
{
    if (is_success(each.status)) {
        return succeeds_after(0);
    }
    if (each.made_as != form::envelope || each.status == 421 || each.status == 425) {
        return {};
    }
    if (each.what == operation::remove && is_after_unknown(each) && (each.status == 404 || each.status == 410)) {
        return succeeds_after(0);
    }
    switch (each.status) {
    case 408: return each.what == operation::create ? ends_here(outcome::unknown) : succeeds_after(1);
    case 429:
    case 503: return succeeds_after(1);
    case 500: return ends_here(outcome::unknown);
    default: break;
    }
    return service_declines(each.status) ? ends_here(not_applied_beyond_before(each)) : expectation{};
}

expectation expect_of_intermediary_success(const cell& each)
{
    const bool cut = each.made_as == form::envelope_cut;
    if (each.what == operation::remove && tells_of_a_delete(each)) {
        return cut ? expectation{} : ends_here(outcome::applied_result_lost);
    }
    return cut && each.what != operation::create ? succeeds_after(1) : ends_here(outcome::unknown);
}

expectation expect_of_intermediary(const cell& each)
{
    if (is_success(each.status)) {
        return expect_of_intermediary_success(each);
    }
    if (each.status == 421) {
        return succeeds_after(1);
    }
    if (each.what == operation::create && is_transient(each.status) && proves_not_reached(each.status)) {
        return {};
    }
    if (each.what != operation::create && each.status == 500) {
        return {};
    }
    if (each.what != operation::create && is_transient(each.status)) {
        return succeeds_after(1);
    }
    const sipher::outcome effect = proves_not_reached(each.status) ? not_applied_beyond_before(each) : outcome::unknown;
    // A connection that ended too early is a reason of its own to repeat what does no harm.
    const bool may_repeat = each.made_as == form::envelope_cut && each.what != operation::create;
    return may_repeat ? expectation{{}, effect, {}} : ends_here(effect);
}

expectation expect_of(const cell& each)
{
    if (each.what == operation::create && is_after_unknown(each)) {
        return {false, outcome::unknown, {}};
    }
    switch (maker_of(each)) {
    case maker::service: return expect_of_service(each);
    case maker::http_server: return each.status == 408 ? succeeds_after(1) : ends_here(not_applied_beyond_before(each));
    case maker::intermediary: break;
    }
    return expect_of_intermediary(each);
}

// ---- the responses --------------------------------------------------------------------------------------------------

std::string nested(std::size_t depth)
{
    return std::string(depth, '[') + std::string(depth, ']');
}

constexpr std::size_t deep = 40;

std::string_view service_code(unsigned status)
{
    switch (status) {
    case 401: return "UNAUTHORIZED";
    case 403: return "TIER_ACCESS_DENIED";
    case 404: return "SESSION_NOT_FOUND";
    case 408: return "REQUEST_TIMEOUT";
    case 410: return "SESSION_EXPIRED";
    case 429: return "RATE_LIMIT_EXCEEDED";
    case 503: return "SERVICE_UNAVAILABLE";
    default: return status < 500 ? "VALIDATION_ERROR" : "INTERNAL_SERVER_ERROR";
    }
}

/// `ignored` is the value of a member that no operation reads.
std::string envelope(const cell& each, const session_id& mine, const std::string& ignored)
{
    if (is_success(each.status)) {
        return R"({"success":true,"data":{"note":)" + ignored + R"(,"sessionId":")" + mine.to_string() +
               R"(","defaults":{"chain":"near"},"createdAt":1795464000000,"expiresAt":1795467600000,)" +
               R"("lastAccessedAt":1795464000000,"deleted":true}})";
    }
    return R"({"success":false,"error":{"code":")" + std::string{service_code(each.status)} +
           R"(","message":"as it happens","details":)" + ignored + "}}";
}

std::string body_of(const cell& each, const session_id& mine)
{
    switch (each.made_as) {
    case form::envelope:
    case form::envelope_cut: return envelope(each, mine, R"("nothing")");
    case form::envelope_deep: return envelope(each, mine, nested(deep));
    case form::envelope_not_utf8: return envelope(each, mine, "\"\xff\"");
    case form::other_json: return R"({"status":"error","message":"no healthy upstream"})";
    case form::other_json_deep: return R"({"message":)" + nested(deep) + "}";
    case form::other_json_not_utf8: return "{\"message\":\"\xff\"}";
    case form::html: return "<html><head><title>Something</title></head><body>something</body></html>";
    case form::plain_text: return "upstream connect error or disconnect/reset before headers";
    case form::empty:
    case form::bare:
    case form::bare_unframed: break;
    }
    return {};
}

std::string type_of(form made_as)
{
    if (made_as == form::html) {
        return "text/html";
    }
    return made_as == form::plain_text ? "text/plain" : "";
}

fault bare_response(unsigned status)
{
    fault result = fault::foreign_page(status, "", "");
    result.headers.emplace_back("Connection", "close");
    return result;
}

fault response_of(const cell& each, const session_id& mine)
{
    fault result = fault::foreign_page(each.status, type_of(each.made_as), body_of(each, mine));
    switch (each.made_as) {
    case form::envelope_cut: {
        std::string& body = *result.body;
        result.headers.emplace_back("Content-Length", std::to_string(body.size()));
        result.headers.emplace_back("Content-Type", "application/json");
        body.resize(body.size() - 3);
        // All that is there, and then the end.
        result.cut_after = 100'000;
        break;
    }
    case form::empty: result.headers.emplace_back("Server", "gateway"); break;
    case form::bare: result = bare_response(each.status); break;
    case form::bare_unframed:
        result = fault::raw_answer("HTTP/1.1 " + std::to_string(each.status) + " Bare\r\nConnection: close\r\n\r\n");
        break;
    default: break;
    }
    result.act = each.acts;
    return result;
}

std::optional<fault> response_before(position where)
{
    switch (where) {
    case position::first: break;
    case position::after_unknown_applied: return fault::edge_error(502, true);
    case position::after_unknown_not_applied: return fault::edge_error(502);
    case position::after_refusal: return bare_response(408);
    }
    return std::nullopt;
}

// ---- what happened --------------------------------------------------------------------------------------------------

/// What the caller was told, and what the sandbox knows.
struct account {
    std::optional<error> failure;
    response_info info;
    bool already_absent = false;

    /// Of this call, in order.
    std::vector<ledger_entry> requests;
    std::uint64_t effects = 0;
    std::uint64_t new_connections = 0;
    /// The session that the call is about still exists.
    bool alive = false;
};

bool contradicts(sipher::outcome told, bool arrived, bool applied)
{
    switch (told) {
    case outcome::not_sent: return arrived;
    case outcome::not_applied: return applied;
    case outcome::unknown: return false;
    case outcome::applied_result_lost: return !applied;
    }
    return true;
}

/// What must hold whatever the rules are. Empty: it holds.
std::string untruth(const cell& each, const account& seen)
{
    if (each.what == operation::create && seen.effects > 1) {
        return "made " + std::to_string(seen.effects) + " sessions";
    }
    const bool applied = seen.effects != 0;
    if (seen.failure && contradicts(seen.failure->outcome(), !seen.requests.empty(), applied)) {
        return std::string{"told "} + to_string(seen.failure->outcome()) +
               (applied ? ", but applied" : ", but not applied");
    }
    if (!seen.failure && each.what == operation::remove && seen.alive) {
        return "told that it was deleted, but it is alive";
    }
    if (!seen.failure && each.what != operation::remove && !applied) {
        return "told success, but not applied";
    }
    const auto& attempts = seen.info.attempts;
    if (attempts.size() != seen.requests.size()) {
        return "tells of " + std::to_string(attempts.size()) + " attempts of " + std::to_string(seen.requests.size());
    }
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        // Whether a delete found something to delete or came second makes no difference to what it says.
        const bool had_effect = seen.requests[i].applied || (each.what == operation::remove && !seen.alive);
        const bool told_applied = attempts[i].outcome == outcome::applied_result_lost;
        if (attempts[i].code &&
            contradicts(attempts[i].outcome, true, told_applied ? had_effect : seen.requests[i].applied)) {
            return "tells of attempt " + std::to_string(i + 1) + ": " + to_string(attempts[i].outcome);
        }
    }
    return {};
}

/// Whether the error says who responded.
std::string wrong_code(const cell& each, const error& failure)
{
    const boost::system::error_code code = failure.code();
    if (maker_of(each) != maker::intermediary) {
        const boost::system::error_code right{static_cast<int>(each.status), service_category()};
        return code == right ? "" : "is " + code.message() + " instead of the service's status";
    }
    if (code.category() == service_category()) {
        return "takes the response for the service's";
    }
    if (code == condition::unauthorized || code == condition::forbidden || code == condition::not_found) {
        return "equals " + code.default_error_condition().message() + ", which only the service can say";
    }
    if (each.made_as == form::envelope_cut || tells_of_a_delete(each) || is_success(each.status)) {
        const bool page = is_one_of(each.made_as, {form::html, form::plain_text, form::other_json});
        return page && !blames_an_intermediary(code) ? "does not name an intermediary" : "";
    }
    if (!blames_an_intermediary(code) || code.value() != static_cast<int>(each.status)) {
        return "does not name an intermediary and its status";
    }
    const bool same_kind = (each.status != 429 || code == condition::rate_limited) &&
                           (each.status != 408 || code == condition::timeout) &&
                           (each.status < 500 || code == condition::server_error);
    return same_kind ? "" : "does not equal the condition of its status";
}

std::string described(const account& seen)
{
    std::string text =
        std::to_string(seen.requests.size()) + " requests, " + std::to_string(seen.effects) + " effects, ";
    return text + (seen.failure ? std::string{seen.failure->what()} : std::string{"success"});
}

/// Empty: as the rules say.
std::string unruly(const cell& each, const account& seen)
{
    const expectation right = expect_of(each);
    if (right.succeeds && *right.succeeds == seen.failure.has_value()) {
        return *right.succeeds ? "should succeed" : "should fail";
    }
    if (right.effect && seen.failure && seen.failure->outcome() != *right.effect) {
        return std::string{"should be told "} + to_string(*right.effect);
    }
    const std::uint64_t before = each.where == position::first ? 0 : 1;
    const bool never_reached = each.what == operation::create && is_after_unknown(each);
    if (never_reached && seen.requests.size() != 1) {
        return "should not be sent again";
    }
    if (right.repetitions && seen.requests.size() != before + 1 + *right.repetitions) {
        return "should be repeated " + std::to_string(*right.repetitions) + " times";
    }
    if (each.status == 421 && maker_of(each) == maker::intermediary && !never_reached && seen.new_connections == 0) {
        return "should be replayed on a new connection";
    }
    const bool ended_by_it = seen.failure && !never_reached && seen.requests.size() == before + 1;
    const bool judged = maker_of(each) != maker::service || each.made_as == form::envelope;
    return ended_by_it && judged ? wrong_code(each, *seen.failure) : "";
}

// ---- the test -------------------------------------------------------------------------------------------------------

class provenance : public client_test, public ::testing::WithParamInterface<std::tuple<form, operation>> {
protected:
    provenance()
    {
        // Neither TLS nor the end of idle connections has anything to do with it.
        sandbox_options.tls = false;
        sandbox_options.keep_alive = 0ms;
        options.retry.base_delay = 0ms;
        options.retry.throttled_base_delay = 0ms;
        options.retry.budget = 0;
        options.rate_gate = false;
    }

    boost::asio::awaitable<int> perform(operation what, account& seen)
    {
        call_options wanted;
        wanted.info = &seen.info;
        switch (what) {
        case operation::create: co_await client().create_session({}, {}, wanted); break;
        case operation::get: co_await client().get_session(mine.id, wanted); break;
        case operation::update: co_await client().update_session(mine.id, near_and_shielded(), wanted); break;
        case operation::remove: {
            const deleted_session gone = co_await client().delete_session(mine.id, wanted);
            seen.already_absent = gone.already_absent;
            break;
        }
        }
        co_return 0;
    }

    [[nodiscard]] bool is_alive()
    {
        const std::vector<session> all = sandbox().sessions();
        return std::any_of(all.begin(), all.end(), [this](const session& each) { return each.id == mine.id; });
    }

    [[nodiscard]] static std::uint64_t effects(const sandbox_counters& all, operation what)
    {
        switch (what) {
        case operation::create: return all.created;
        case operation::get: return all.read;
        case operation::update: return all.updated;
        case operation::remove: break;
        }
        return all.deleted;
    }

    account go_through(const cell& each)
    {
        if (!is_alive()) {
            mine = create();
        }
        account seen;
        const sandbox_counters before = sandbox().counters();
        if (auto first = response_before(each.where)) {
            sandbox().add_fault(std::move(*first));
        }
        sandbox().add_fault(response_of(each, mine.id));
        try {
            run(perform(each.what, seen));
        } catch (const error& failure) {
            seen.failure = failure;
        }
        sandbox().clear_faults();
        const sandbox_counters after = sandbox().counters();
        seen.effects = effects(after, each.what) - effects(before, each.what);
        seen.new_connections = after.connections - before.connections;
        const std::vector<ledger_entry> all = sandbox().ledger();
        seen.requests.assign(all.begin() + static_cast<std::ptrdiff_t>(before.requests), all.end());
        seen.alive = is_alive();
        return seen;
    }

    /// That something in front of the service has no page for a session does not mean that the service has none.
    std::string wrongly_given_up(const cell& each)
    {
        const bool not_found = each.status == 404 || each.status == 410;
        const bool reads = each.what == operation::get || each.what == operation::update;
        if (!not_found || !reads || maker_of(each) != maker::intermediary) {
            return {};
        }
        call_options under;
        under.session = applied_session{mine};
        try {
            run(client().request(verb::post, "/v1/stealth/generate", boost::json::object{}, under));
        } catch (const error& failure) {
            return std::string{"the session is given up: "} + failure.what();
        }
        return {};
    }

    std::string problem_of(const cell& each)
    {
        const account seen = go_through(each);
        std::string problem = untruth(each, seen);
        if (problem.empty()) {
            problem = unruly(each, seen);
        }
        if (problem.empty()) {
            problem = wrongly_given_up(each);
        }
        return problem.empty() ? problem : name_of(each) + ": " + problem + " (" + described(seen) + ")";
    }

    session mine;
};

std::vector<cell> cells_of(form made_as, operation what)
{
    std::vector<cell> all;
    for (const unsigned status : statuses) {
        for (const position where : {position::first, position::after_unknown_applied,
                                     position::after_unknown_not_applied, position::after_refusal}) {
            for (const bool acts : {false, true}) {
                const cell each{made_as, what, status, where, acts};
                if (is_honest(each)) {
                    all.push_back(each);
                }
            }
        }
    }
    return all;
}

TEST_P(provenance, what_is_told_is_what_is_proven)
{
    const auto& [made_as, what] = GetParam();
    const std::vector<cell> cells = cells_of(made_as, what);
    EXPECT_GE(cells.size(), 100U);
    std::size_t wrong = 0;
    for (const cell& each : cells) {
        const std::string problem = problem_of(each);
        if (!problem.empty()) {
            ++wrong;
            std::printf("%s\n", problem.c_str());
        }
    }
    EXPECT_EQ(wrong, 0U) << "of " << cells.size() << " cells";
    EXPECT_EQ(client().stats().busy, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    all, provenance,
    ::testing::Combine(::testing::Values(form::envelope, form::envelope_deep, form::envelope_not_utf8,
                                         form::envelope_cut, form::other_json, form::other_json_deep,
                                         form::other_json_not_utf8, form::html, form::plain_text, form::empty,
                                         form::bare, form::bare_unframed),
                       ::testing::Values(operation::create, operation::get, operation::update, operation::remove)),
    [](const auto& each) {
        return std::string{form_names.at(static_cast<std::size_t>(std::get<0>(each.param)))} + "_" +
               operation_names.at(static_cast<std::size_t>(std::get<1>(each.param)));
    });

} // namespace
} // namespace sipher::test
