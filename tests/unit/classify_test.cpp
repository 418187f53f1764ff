#include "retry/classify.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace sipher::detail {

std::ostream& operator<<(std::ostream& os, action value)
{
    static constexpr std::array<const char*, 5> names{"succeed", "succeed_already_absent", "fail", "retry", "replay"};
    return os << names.at(static_cast<std::size_t>(value));
}

namespace {

/// A point of failure, and what is to follow for create, get, update and delete in this order.
struct row {
    std::string name;
    std::function<void(attempt_facts&)> happen;
    std::array<action, 4> expected;
    outcome effect;
};

constexpr std::array<operation_kind, 4> kinds{operation_kind::create, operation_kind::read, operation_kind::update,
                                              operation_kind::remove};
constexpr action fail = action::fail;
constexpr action retry = action::retry;
constexpr action replay = action::replay;
constexpr std::array<action, 4> all_fail{fail, fail, fail, fail};
constexpr std::array<action, 4> all_retry{retry, retry, retry, retry};
constexpr std::array<action, 4> all_replay{replay, replay, replay, replay};
constexpr std::array<action, 4> repeatable_retry{fail, retry, retry, retry};
constexpr std::array<action, 4> repeatable_replay{fail, replay, replay, replay};

std::function<void(attempt_facts&)> not_connected(errc code, phase reached, bool permanent = false)
{
    return [=](attempt_facts& facts) {
        facts.code = code;
        facts.reached = reached;
        facts.permanent = permanent;
    };
}

std::function<void(attempt_facts&)> on_wire(boost::system::error_code code, phase reached, bool any, bool fully,
                                            bool reused, unsigned status = 0)
{
    return [=](attempt_facts& facts) {
        facts.code = code;
        facts.reached = reached;
        facts.any_written = any;
        facts.fully_written = fully;
        facts.reused = reused;
        facts.status = status;
    };
}

std::function<void(attempt_facts&)> answer(unsigned status, std::function<void(attempt_facts&)> also = {})
{
    return [=](attempt_facts& facts) {
        facts.reached = phase::done;
        facts.any_written = facts.fully_written = true;
        facts.status = status;
        if (also) {
            also(facts);
        }
    };
}

std::vector<row> failures_before_the_wire()
{
    return {
        {"pool timeout", not_connected(errc::pool_timeout, phase::waiting), all_fail, outcome::not_sent},
        {"pool overloaded", not_connected(errc::pool_overloaded, phase::waiting), all_fail, outcome::not_sent},
        {"resolve, transient", not_connected(errc::resolve_failed, phase::resolving), all_retry, outcome::not_sent},
        {"resolve, no such host", not_connected(errc::resolve_failed, phase::resolving, true), all_fail,
         outcome::not_sent},
        {"connect", not_connected(errc::connect_failed, phase::connecting), all_retry, outcome::not_sent},
        {"handshake broken off", not_connected(errc::tls_handshake_failed, phase::tls_handshake), all_retry,
         outcome::not_sent},
        {"certificate", not_connected(errc::tls_verify_failed, phase::tls_handshake, true), all_fail,
         outcome::not_sent},
    };
}

std::vector<row> failures_on_the_wire()
{
    return {
        {"no byte written, reused", on_wire(errc::write_failed, phase::writing, false, false, true), all_replay,
         outcome::not_sent},
        {"no byte written, fresh", on_wire(errc::write_failed, phase::writing, false, false, false), all_retry,
         outcome::not_sent},
        {"part written, reused", on_wire(errc::write_failed, phase::writing, true, false, true), all_replay,
         outcome::not_applied},
        {"part written, fresh", on_wire(errc::write_failed, phase::writing, true, false, false), all_retry,
         outcome::not_applied},
        {"no answer, reused", on_wire(errc::no_response, phase::reading_header, true, true, true), repeatable_replay,
         outcome::unknown},
        {"no answer, fresh", on_wire(errc::no_response, phase::reading_header, true, true, false), repeatable_retry,
         outcome::unknown},
        {"attempt timeout", on_wire(errc::attempt_timeout, phase::reading_header, true, true, true), repeatable_retry,
         outcome::unknown},
        {"header cut", on_wire(errc::incomplete_header, phase::reading_header, true, true, true), repeatable_retry,
         outcome::unknown},
        {"success, body cut", on_wire(errc::incomplete_body, phase::reading_body, true, true, true, 200),
         repeatable_retry, outcome::applied_result_lost},
        {"refusal, body cut", on_wire(errc::incomplete_body, phase::reading_body, true, true, true, 403), all_fail,
         outcome::not_applied},
        {"not HTTP", on_wire(errc::protocol_error, phase::reading_header, true, true, true), all_fail,
         outcome::unknown},
        {"success, body not HTTP", on_wire(errc::protocol_error, phase::reading_body, true, true, true, 200), all_fail,
         outcome::unknown},
        {"success, too slow", on_wire(errc::attempt_timeout, phase::reading_body, true, true, true, 201),
         repeatable_retry, outcome::applied_result_lost},
        {"other request's answer", on_wire(errc::desynchronized, phase::reading_body, true, true, true),
         repeatable_retry, outcome::unknown},
        {"cancelled before a byte", on_wire(boost::asio::error::operation_aborted, phase::writing, false, false, true),
         all_fail, outcome::not_sent},
        {"cancelled in the middle", on_wire(boost::asio::error::operation_aborted, phase::writing, true, false, true),
         all_fail, outcome::not_applied},
        {"cancelled after all", on_wire(boost::asio::error::operation_aborted, phase::reading_header, true, true, true),
         all_fail, outcome::unknown},
        {"client closed", on_wire(errc::client_closed, phase::reading_header, true, true, true), all_fail,
         outcome::unknown},
    };
}

std::vector<row> answers()
{
    const auto json = [](attempt_facts& facts) { facts.is_json = true; };
    const auto json_retryable = [](attempt_facts& facts) { facts.is_json = facts.says_retryable = true; };
    const auto unavailable = [](attempt_facts& facts) { facts.is_json = facts.says_unavailable = true; };
    const auto quota = [](attempt_facts& facts) { facts.is_json = facts.is_daily_quota = true; };
    return {
        {"408 without JSON", answer(408), all_retry, outcome::not_applied},
        {"408 of the application", answer(408, json_retryable), repeatable_retry, outcome::unknown},
        {"429", answer(429, json), all_retry, outcome::not_applied},
        {"429 of a gateway", answer(429), all_retry, outcome::not_applied},
        {"429, daily quota", answer(429, quota), all_fail, outcome::not_applied},
        {"500", answer(500, json), all_fail, outcome::unknown},
        {"500, retryable", answer(500, json_retryable), repeatable_retry, outcome::unknown},
        {"502", answer(502), repeatable_retry, outcome::unknown},
        {"504", answer(504), repeatable_retry, outcome::unknown},
        {"503, shutting down", answer(503, unavailable), all_retry, outcome::not_applied},
        {"503, other", answer(503), repeatable_retry, outcome::unknown},
        {"421", answer(421), all_replay, outcome::not_applied},
        {"400", answer(400, json), all_fail, outcome::not_applied},
        {"401", answer(401, json), all_fail, outcome::not_applied},
        {"403", answer(403, json), all_fail, outcome::not_applied},
        {"404", answer(404, json), all_fail, outcome::not_applied},
        {"410", answer(410, json), all_fail, outcome::not_applied},
        {"302", answer(302), all_fail, outcome::unknown},
        {"501", answer(501), all_fail, outcome::unknown},
    };
}

void check(const std::vector<row>& rows)
{
    for (const row& each : rows) {
        for (std::size_t i = 0; i < kinds.size(); ++i) {
            SCOPED_TRACE(each.name + ", operation " + std::to_string(i));
            attempt_facts facts;
            facts.kind = kinds[i];
            each.happen(facts);
            const verdict decided = classify(facts);
            EXPECT_EQ(decided.what, each.expected[i]);
            EXPECT_EQ(decided.outcome, each.effect);
        }
    }
}

TEST(classify, what_was_not_sent_may_be_repeated_unless_it_would_end_the_same_way)
{
    check(failures_before_the_wire());
}

TEST(classify, what_left_in_full_is_repeated_only_where_that_does_no_harm)
{
    check(failures_on_the_wire());
}

TEST(classify, an_answer_decides_by_what_it_proves)
{
    check(answers());
}

TEST(classify, a_success_succeeds)
{
    for (const unsigned status : {200U, 201U, 204U}) {
        attempt_facts facts;
        facts.kind = operation_kind::create;
        answer(status)(facts);
        EXPECT_EQ(classify(facts).what, action::succeed);
    }
}

TEST(classify, a_second_delete_that_finds_nothing_after_an_ambiguous_first_one_succeeds)
{
    attempt_facts facts;
    facts.kind = operation_kind::remove;
    facts.ambiguous_before = true;
    answer(404)(facts);
    EXPECT_EQ(classify(facts).what, action::succeed_already_absent);
    facts.kind = operation_kind::update;
    EXPECT_EQ(classify(facts).what, action::fail);
}

TEST(classify, updates_are_not_repeated_when_that_is_turned_off)
{
    attempt_facts facts;
    facts.kind = operation_kind::update;
    facts.retry_updates = false;
    on_wire(errc::no_response, phase::reading_header, true, true, true)(facts);
    const verdict decided = classify(facts);
    EXPECT_EQ(decided.what, action::fail);
    EXPECT_TRUE(decided.not_repeatable);
}

TEST(classify, a_part_of_a_large_request_proves_nothing)
{
    attempt_facts facts;
    facts.kind = operation_kind::create;
    facts.indivisible = false;
    on_wire(errc::write_failed, phase::writing, true, false, true)(facts);
    const verdict decided = classify(facts);
    EXPECT_EQ(decided.what, action::fail);
    EXPECT_EQ(decided.outcome, outcome::unknown);
}

} // namespace
} // namespace sipher::detail
