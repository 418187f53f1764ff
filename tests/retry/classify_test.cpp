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
        facts.from = status != 0 ? provenance::intermediary : provenance::none;
        facts.code = code;
        facts.reached = reached;
        facts.any_written = any;
        facts.fully_written = fully;
        facts.reused = reused;
        facts.status = status;
    };
}

std::function<void(attempt_facts&)> response(unsigned status, std::function<void(attempt_facts&)> also = {})
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
        {"no response, reused", on_wire(errc::no_response, phase::reading_header, true, true, true), repeatable_replay,
         outcome::unknown},
        {"no response, fresh", on_wire(errc::no_response, phase::reading_header, true, true, false), repeatable_retry,
         outcome::unknown},
        {"attempt timeout", on_wire(errc::attempt_timeout, phase::reading_header, true, true, true), repeatable_retry,
         outcome::unknown},
        {"header cut", on_wire(errc::incomplete_header, phase::reading_header, true, true, true), repeatable_retry,
         outcome::unknown},
        {"success, body cut", on_wire(errc::incomplete_body, phase::reading_body, true, true, true, 200),
         repeatable_retry, outcome::unknown},
        {"refusal, body cut", on_wire(errc::incomplete_body, phase::reading_body, true, true, true, 403),
         repeatable_retry, outcome::unknown},
        {"not HTTP", on_wire(errc::protocol_error, phase::reading_header, true, true, true), all_fail,
         outcome::unknown},
        {"success, body not HTTP", on_wire(errc::protocol_error, phase::reading_body, true, true, true, 200), all_fail,
         outcome::unknown},
        {"success, too slow", on_wire(errc::attempt_timeout, phase::reading_body, true, true, true, 201),
         repeatable_retry, outcome::unknown},
        {"other request's response", on_wire(errc::desynchronized, phase::reading_body, true, true, true),
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

/// A whole response of the service, with more that it says.
std::function<void(attempt_facts&)> service(unsigned status, std::function<void(attempt_facts&)> also = {})
{
    return response(status, [=](attempt_facts& facts) {
        facts.from = provenance::service;
        if (also) {
            also(facts);
        }
    });
}

std::function<void(attempt_facts&)> http_server(unsigned status)
{
    return response(status, [](attempt_facts& facts) { facts.from = provenance::http_server; });
}

std::function<void(attempt_facts&)> foreign(unsigned status, std::function<void(attempt_facts&)> also = {})
{
    return response(status, [=](attempt_facts& facts) {
        facts.from = provenance::intermediary;
        if (also) {
            also(facts);
        }
    });
}

std::vector<row> responses_of_the_service()
{
    const auto retryable = [](attempt_facts& facts) { facts.says_retryable = true; };
    const auto unavailable = [](attempt_facts& facts) { facts.says = service_code::unavailable; };
    const auto quota = [](attempt_facts& facts) { facts.says = service_code::daily_quota; };
    return {
        {"408", service(408, retryable), repeatable_retry, outcome::unknown},
        {"421", service(421), all_replay, outcome::not_applied},
        {"425", service(425), all_retry, outcome::not_applied},
        {"429", service(429), all_retry, outcome::not_applied},
        {"429, daily quota", service(429, quota), all_fail, outcome::not_applied},
        {"500", service(500), all_fail, outcome::unknown},
        {"500, retryable", service(500, retryable), repeatable_retry, outcome::unknown},
        {"502", service(502), repeatable_retry, outcome::unknown},
        {"504", service(504), repeatable_retry, outcome::unknown},
        {"503, shutting down", service(503, unavailable), all_retry, outcome::not_applied},
        {"503, other", service(503), repeatable_retry, outcome::unknown},
        {"400", service(400), all_fail, outcome::not_applied},
        {"401", service(401), all_fail, outcome::not_applied},
        {"403", service(403), all_fail, outcome::not_applied},
        {"404", service(404), all_fail, outcome::not_applied},
        {"410", service(410), all_fail, outcome::not_applied},
        {"501", service(501), all_fail, outcome::unknown},
        {"200, and no success", service(200), all_fail, outcome::unknown},
        {"302", service(302), all_fail, outcome::unknown},
    };
}

std::vector<row> responses_of_others()
{
    const auto unwritten = [](attempt_facts& facts) { facts.fully_written = false; };
    const auto cut = [](attempt_facts& facts) { facts.code = errc::incomplete_body; };
    return {
        {"bare 400", http_server(400), all_fail, outcome::not_applied},
        {"bare 408", http_server(408), all_retry, outcome::not_applied},
        {"bare 431", http_server(431), all_fail, outcome::not_applied},
        {"200", foreign(200), all_fail, outcome::unknown},
        {"301", foreign(301), all_fail, outcome::unknown},
        {"401", foreign(401), all_fail, outcome::unknown},
        {"404", foreign(404), all_fail, outcome::unknown},
        {"408", foreign(408), repeatable_retry, outcome::unknown},
        {"413", foreign(413), all_fail, outcome::unknown},
        {"413 before the request was sent", foreign(413, unwritten), all_fail, outcome::not_applied},
        {"421", foreign(421), all_replay, outcome::not_applied},
        {"425", foreign(425), all_retry, outcome::not_applied},
        {"429", foreign(429), repeatable_retry, outcome::unknown},
        {"500", foreign(500), all_fail, outcome::unknown},
        {"502", foreign(502), repeatable_retry, outcome::unknown},
        {"503", foreign(503), repeatable_retry, outcome::unknown},
        {"504", foreign(504), repeatable_retry, outcome::unknown},
        {"511", foreign(511), all_fail, outcome::not_applied},
        {"520", foreign(520), repeatable_retry, outcome::unknown},
        {"521", foreign(521), all_retry, outcome::not_applied},
        {"522", foreign(522), repeatable_retry, outcome::unknown},
        {"530", foreign(530), repeatable_retry, outcome::unknown},
        {"404, cut", foreign(404, cut), repeatable_retry, outcome::unknown},
        {"521, cut", foreign(521, cut), all_retry, outcome::not_applied},
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

TEST(classify, an_unsent_request_may_be_repeated_unless_it_would_end_the_same_way)
{
    check(failures_before_the_wire());
}

TEST(classify, a_request_sent_in_full_is_repeated_only_where_that_does_no_harm)
{
    check(failures_on_the_wire());
}

TEST(classify, a_response_of_the_service_decides_by_what_it_says)
{
    check(responses_of_the_service());
}

TEST(classify, a_response_of_somebody_else_decides_by_what_it_proves)
{
    check(responses_of_others());
}

TEST(classify, a_success_succeeds)
{
    for (const unsigned status : {200U, 201U, 204U}) {
        attempt_facts facts;
        facts.kind = operation_kind::create;
        service(status)(facts);
        facts.success = facts.usable = true;
        EXPECT_EQ(classify(facts).what, action::succeed);
        facts.usable = false;
        EXPECT_EQ(classify(facts).what, action::fail);
        EXPECT_EQ(classify(facts).outcome, outcome::applied_result_lost);
    }
}

TEST(classify, a_delete_whose_success_cannot_be_read_was_applied)
{
    attempt_facts facts;
    facts.kind = operation_kind::remove;
    foreign(204)(facts);
    EXPECT_EQ(classify(facts).outcome, outcome::unknown);
    facts.unreadable = true;
    EXPECT_EQ(classify(facts).outcome, outcome::applied_result_lost);
    EXPECT_EQ(classify(facts).code, errc::bad_payload);
    facts.kind = operation_kind::create;
    EXPECT_EQ(classify(facts).outcome, outcome::unknown);
}

TEST(classify, a_state_that_is_read_is_no_failure_to_repeat)
{
    attempt_facts facts;
    service(503)(facts);
    facts.reports_state = true;
    EXPECT_EQ(classify(facts).what, action::fail);
    EXPECT_EQ(classify(facts).outcome, outcome::not_applied);
    facts.kind = operation_kind::create;
    EXPECT_EQ(classify(facts).outcome, outcome::unknown);
}

TEST(classify, a_status_that_the_service_was_not_reached_is_not_believed_after_an_interim_response)
{
    for (const unsigned status : {421U, 425U, 521U, 525U}) {
        attempt_facts facts;
        response(status)(facts);
        facts.from = provenance::intermediary;
        facts.kind = operation_kind::create;
        EXPECT_EQ(classify(facts).outcome, outcome::not_applied) << status;
        facts.was_accepted = true;
        EXPECT_EQ(classify(facts).outcome, outcome::unknown) << status;
        EXPECT_EQ(classify(facts).what, action::fail) << status;
    }
}

TEST(classify, a_server_that_refuses_the_handshake_has_not_read_the_request)
{
    attempt_facts facts;
    facts.kind = operation_kind::create;
    on_wire(errc::tls_verify_failed, phase::reading_header, true, true, false)(facts);
    facts.handshake_refused = true;
    EXPECT_EQ(classify(facts).what, action::fail);
    EXPECT_EQ(classify(facts).outcome, outcome::not_applied);
}

TEST(classify, a_second_delete_that_finds_nothing_after_an_ambiguous_first_one_succeeds)
{
    attempt_facts facts;
    facts.kind = operation_kind::remove;
    facts.ambiguous_before = true;
    for (const unsigned status : {404U, 410U}) {
        facts.kind = operation_kind::remove;
        service(status)(facts);
        facts.says = service_code::session_gone;
        EXPECT_EQ(classify(facts).what, action::succeed_already_absent);
        facts.says = service_code::other;
        EXPECT_EQ(classify(facts).what, action::fail);
        foreign(status)(facts);
        EXPECT_EQ(classify(facts).what, action::fail);
        EXPECT_EQ(classify(facts).outcome, outcome::unknown);
        service(status)(facts);
        facts.says = service_code::session_gone;
        facts.kind = operation_kind::update;
        EXPECT_EQ(classify(facts).what, action::fail);
    }
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
    facts.fits_one_record = false;
    on_wire(errc::write_failed, phase::writing, true, false, true)(facts);
    const verdict decided = classify(facts);
    EXPECT_EQ(decided.what, action::fail);
    EXPECT_EQ(decided.outcome, outcome::unknown);
}

} // namespace
} // namespace sipher::detail
