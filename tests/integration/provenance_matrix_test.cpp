#include "support/client_fixture.hpp"
#include "support/provenance_cells.hpp"

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

/// What was reported to the caller, and what the sandbox knows.
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

bool contradicts(sipher::outcome reported, bool arrived, bool applied)
{
    switch (reported) {
    case outcome::not_sent: return arrived;
    case outcome::not_applied: return applied;
    case outcome::unknown: return false;
    case outcome::applied_result_lost: return !applied;
    }
    return true;
}

/// What must hold whatever the rules are. Empty: it holds.
std::string untruth(const provenance_cell& cell, const account& seen)
{
    if (cell.operation == session_operation::create && seen.effects > 1) {
        return "made " + std::to_string(seen.effects) + " sessions";
    }
    const bool applied = seen.effects != 0;
    if (seen.failure && contradicts(seen.failure->outcome(), !seen.requests.empty(), applied)) {
        return std::string{"reported "} + to_string(seen.failure->outcome()) +
               (applied ? ", but applied" : ", but not applied");
    }
    if (!seen.failure && cell.operation == session_operation::remove && seen.alive) {
        return "reported as deleted, but it is alive";
    }
    if (!seen.failure && cell.operation != session_operation::remove && !applied) {
        return "reported as a success, but not applied";
    }
    const auto& attempts = seen.info.attempts;
    if (attempts.size() != seen.requests.size()) {
        return "tells of " + std::to_string(attempts.size()) + " attempts of " + std::to_string(seen.requests.size());
    }
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        // Whether a delete found something to delete or came second makes no difference to what it says.
        const bool had_effect =
            seen.requests[i].applied || (cell.operation == session_operation::remove && !seen.alive);
        const bool told_applied = attempts[i].outcome == outcome::applied_result_lost;
        if (attempts[i].code &&
            contradicts(attempts[i].outcome, true, told_applied ? had_effect : seen.requests[i].applied)) {
            return "tells of attempt " + std::to_string(i + 1) + ": " + to_string(attempts[i].outcome);
        }
    }
    return {};
}

/// Whether the error says who responded.
std::string wrong_code(const provenance_cell& cell, const error& failure)
{
    const boost::system::error_code code = failure.code();
    if (maker_of(cell) != response_maker::intermediary) {
        const boost::system::error_code right{static_cast<int>(cell.status), service_category()};
        return code == right ? "" : "is " + code.message() + " instead of the service's status";
    }
    if (code.category() == service_category()) {
        return "takes the response for the service's";
    }
    if (code == condition::unauthorized || code == condition::forbidden || code == condition::not_found) {
        return "equals " + code.default_error_condition().message() + ", which only the service can say";
    }
    if (is_cut(cell) || proves_a_delete(cell)) {
        return {};
    }
    if (code != condition::intermediary || code.category() != intermediary_category() ||
        code.value() != static_cast<int>(cell.status)) {
        return "does not name an intermediary and its status";
    }
    const bool same_kind = (cell.status != 429 || code == condition::rate_limited) &&
                           (cell.status != 408 || code == condition::timeout) &&
                           (cell.status < 500 || code == condition::server_error);
    return same_kind ? "" : "does not equal the condition of its status";
}

std::string described(const account& seen)
{
    std::string text =
        std::to_string(seen.requests.size()) + " requests, " + std::to_string(seen.effects) + " effects, ";
    return text + (seen.failure ? std::string{seen.failure->what()} : std::string{"success"});
}

/// Empty: as the rules say.
std::string unruly(const provenance_cell& cell, const account& seen)
{
    const call_expectation right = expect_of(cell);
    if (right.succeeds && *right.succeeds == seen.failure.has_value()) {
        return *right.succeeds ? "should succeed" : "should fail";
    }
    if (right.effect && seen.failure && seen.failure->outcome() != *right.effect) {
        return std::string{"should be reported as "} + to_string(*right.effect);
    }
    const std::uint64_t before = cell.position == call_position::first ? 0 : 1;
    const bool never_reached = is_never_reached(cell);
    if (never_reached && seen.requests.size() != 1) {
        return "should not be sent again";
    }
    if (right.repetitions && seen.requests.size() != before + 1 + *right.repetitions) {
        return "should be repeated " + std::to_string(*right.repetitions) + " times";
    }
    if (cell.status == 421 && maker_of(cell) == response_maker::intermediary && !never_reached &&
        seen.new_connections == 0) {
        return "should be replayed on a new connection";
    }
    const auto effect = effect_of_attempt(cell);
    if (effect && !never_reached && seen.info.attempts.at(before).outcome != *effect) {
        return "its attempt should be reported as " + std::string{to_string(*effect)};
    }
    const bool ended_by_it = seen.failure && !never_reached && seen.requests.size() == before + 1;
    const bool judged = maker_of(cell) != response_maker::service || cell.form == response_form::envelope;
    return ended_by_it && judged ? wrong_code(cell, *seen.failure) : "";
}

class provenance : public client_test,
                   public ::testing::WithParamInterface<std::tuple<response_form, session_operation>> {
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

    boost::asio::awaitable<int> perform(session_operation what, account& seen)
    {
        call_options wanted;
        wanted.info = &seen.info;
        switch (what) {
        case session_operation::create: co_await client().create_session({}, {}, wanted); break;
        case session_operation::get: co_await client().get_session(mine.id, wanted); break;
        case session_operation::update: co_await client().update_session(mine.id, near_and_shielded(), wanted); break;
        case session_operation::remove: {
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

    [[nodiscard]] static std::uint64_t effects(const sandbox_counters& all, session_operation what)
    {
        switch (what) {
        case session_operation::create: return all.created;
        case session_operation::get: return all.read;
        case session_operation::update: return all.updated;
        case session_operation::remove: break;
        }
        return all.deleted;
    }

    account go_through(const provenance_cell& cell)
    {
        if (!is_alive()) {
            mine = create();
        }
        account seen;
        const sandbox_counters before = sandbox().counters();
        if (auto first = response_before(cell.position)) {
            sandbox().add_fault(std::move(*first));
        }
        sandbox().add_fault(response_of(cell, mine.id));
        try {
            run(perform(cell.operation, seen));
        } catch (const error& failure) {
            seen.failure = failure;
        }
        sandbox().clear_faults();
        const sandbox_counters after = sandbox().counters();
        seen.effects = effects(after, cell.operation) - effects(before, cell.operation);
        seen.new_connections = after.connections - before.connections;
        const std::vector<ledger_entry> all = sandbox().ledger();
        seen.requests.assign(all.begin() + static_cast<std::ptrdiff_t>(before.requests), all.end());
        seen.alive = is_alive();
        return seen;
    }

    /// That something in front of the service has no page for a session does not mean that the service has none.
    std::string wrongly_given_up(const provenance_cell& cell)
    {
        const bool not_found = cell.status == 404 || cell.status == 410;
        const bool reads = cell.operation == session_operation::get || cell.operation == session_operation::update;
        if (!not_found || !reads || maker_of(cell) != response_maker::intermediary) {
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

    std::string problem_of(const provenance_cell& cell)
    {
        const account seen = go_through(cell);
        std::string message = untruth(cell, seen);
        if (message.empty()) {
            message = unruly(cell, seen);
        }
        if (message.empty()) {
            message = wrongly_given_up(cell);
        }
        return message.empty() ? message : name_of(cell) + ": " + message + " (" + described(seen) + ")";
    }

    session mine;
};

TEST_P(provenance, reported_outcomes_are_the_proven_ones)
{
    const auto& [made_as, what] = GetParam();
    const std::vector<provenance_cell> cells = cells_of(made_as, what);
    EXPECT_GE(cells.size(), 100U);
    std::size_t wrong = 0;
    for (const provenance_cell& cell : cells) {
        const std::string message = problem_of(cell);
        if (!message.empty()) {
            ++wrong;
            std::printf("%s\n", message.c_str());
        }
    }
    EXPECT_EQ(wrong, 0U) << "of " << cells.size() << " cells";
    EXPECT_EQ(client().stats().busy, 0U);
}

std::vector<response_form> all_forms()
{
    std::vector<response_form> all;
    for (std::size_t i = 0; i < response_form_names.size(); ++i) {
        all.push_back(static_cast<response_form>(i));
    }
    return all;
}

INSTANTIATE_TEST_SUITE_P(all, provenance,
                         ::testing::Combine(::testing::ValuesIn(all_forms()),
                                            ::testing::Values(session_operation::create, session_operation::get,
                                                              session_operation::update, session_operation::remove)),
                         [](const auto& each) {
                             return std::string{
                                        response_form_names.at(static_cast<std::size_t>(std::get<0>(each.param)))} +
                                    "_" + session_operation_names.at(static_cast<std::size_t>(std::get<1>(each.param)));
                         });

} // namespace
} // namespace sipher::test
