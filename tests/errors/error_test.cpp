#include <sipher/error.hpp>
#include <sipher/result.hpp>

#include "errors/error_report.hpp"

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <type_traits>

namespace {

using namespace std::chrono_literals;
using sipher::detail::error_report;
using sipher::detail::make_error;

const std::string id = "sess_" + std::string(64, 'f');

error_report not_found()
{
    error_report report;
    report.code = {404, sipher::service_category()};
    report.operation = "get_session";
    report.message = "Session not found: " + id;
    report.outcome = sipher::outcome::not_applied;
    report.status = 404;
    report.service_code = "SESSION_NOT_FOUND";
    report.service_message = "Session not found: " + id;
    report.request_id = "3f2a-1";
    report.attempts.resize(1);
    return report;
}

error_report transport(sipher::errc code, std::string message)
{
    error_report report;
    report.code = code;
    report.operation = "create_session";
    report.message = std::move(message);
    return report;
}

TEST(error, says_in_one_line_what_the_service_refused)
{
    EXPECT_STREQ(make_error(not_found()).what(),
                 "get_session: 404 SESSION_NOT_FOUND: Session not found: sess_ffffffff… "
                 "(not applied; request id 3f2a-1; 1 attempt)");
}

TEST(error, of_a_gateway_does_not_repeat_the_status)
{
    error_report report = not_found();
    report.code = {502, sipher::service_category()};
    report.service_code.clear();
    report.message = "502 Bad Gateway without a body";
    report.request_id.clear();
    report.attempts.resize(3);
    report.outcome = sipher::outcome::unknown;
    EXPECT_STREQ(make_error(report).what(),
                 "get_session: 502 Bad Gateway without a body (outcome unknown; 3 attempts)");
}

TEST(error, without_a_response_says_what_failed_and_why)
{
    error_report report = transport(sipher::errc::connect_failed, "10.0.0.1:443: Connection refused");
    report.attempts.resize(3);
    EXPECT_STREQ(make_error(report).what(),
                 "create_session: cannot connect: 10.0.0.1:443: Connection refused (not sent; 3 attempts)");
}

TEST(error, without_a_message_has_that_of_its_code)
{
    EXPECT_STREQ(make_error(transport(sipher::errc::client_closed, "")).what(),
                 "create_session: client closed (not sent)");
    EXPECT_STREQ(make_error(transport(sipher::errc::client_closed, "client closed")).what(),
                 "create_session: client closed (not sent)");
}

TEST(error, reports_retry_after_and_why_it_was_not_retried)
{
    error_report report = not_found();
    report.code = {429, sipher::service_category()};
    report.service_code = "RATE_LIMIT_EXCEEDED";
    report.message = "Too many requests";
    report.retry_after = 59001ms;
    report.request_id.clear();
    report.ended_because = sipher::end_reason::deadline;
    EXPECT_STREQ(make_error(report).what(), "get_session: 429 RATE_LIMIT_EXCEEDED: Too many requests "
                                            "(not applied; retry after 60 s; 1 attempt; no time left to retry)");
}

TEST(error, about_an_unreadable_success_says_that_it_was_applied)
{
    error_report report = transport(sipher::errc::bad_payload, "data.sessionId: required member is missing");
    report.outcome = sipher::outcome::applied_result_lost;
    report.status = 201;
    EXPECT_STREQ(make_error(report).what(),
                 "create_session: unreadable response: data.sessionId: required member is missing "
                 "(applied, result lost; status 201)");
}

TEST(error, of_a_cancelled_call_says_so)
{
    error_report report = transport(sipher::errc::client_closed, "");
    report.code = boost::asio::error::operation_aborted;
    EXPECT_STREQ(make_error(report).what(), "create_session: cancelled (not sent)");
}

TEST(error, outside_a_call_has_only_a_code_and_a_message)
{
    const sipher::error failure{sipher::errc::invalid_request, "pool.max_connections: must be at least 1"};
    EXPECT_STREQ(failure.what(), "invalid request: pool.max_connections: must be at least 1");
    EXPECT_EQ(failure.message(), "pool.max_connections: must be at least 1");
    EXPECT_EQ(failure.outcome(), sipher::outcome::not_sent);
    EXPECT_EQ(failure.status(), 0U);
    EXPECT_EQ(failure.operation(), "");
    EXPECT_TRUE(failure.details().is_null());
    EXPECT_TRUE(failure.attempts().empty());
}

TEST(error, never_shows_a_usable_session_id)
{
    error_report report = not_found();
    report.message = id + " and " + id + "/path?x=" + id + "sess_";
    report.operation = "DELETE /v1/sessions/" + id;
    const sipher::error failure = make_error(report);
    const std::string shown = std::string{failure.what()} + failure.message();
    EXPECT_EQ(shown.find("sess_fffffffff"), std::string::npos) << shown;
    EXPECT_EQ(failure.message(), "sess_ffffffff… and sess_ffffffff…/path?x=sess_ffffffff…sess_");
}

TEST(error, never_shows_a_viewing_key_that_the_service_repeats)
{
    error_report report = not_found();
    report.message = "Invalid key 0x" + std::string(64, 'a') + ", code 0x1f";
    EXPECT_EQ(make_error(report).message(), "Invalid key 0xaaaa…, code 0x1f");
}

TEST(error, stays_on_one_line)
{
    error_report report =
        transport(sipher::errc::protocol_error, "first\r\nsecond\x1b[0m\xff" + std::string(5000, 'x'));
    const std::string shown = make_error(report).what();
    EXPECT_EQ(shown.find_first_of("\r\n\x1b\xff"), std::string::npos);
    EXPECT_LT(shown.size(), 1200U);
}

TEST(error, carries_everything_that_was_reported)
{
    error_report report = not_found();
    report.details = {"a", 1};
    report.location = "/v1/sessions/x";
    report.retry_after = 1s;
    report.ended_because = sipher::end_reason::budget_exhausted;
    const sipher::error failure = make_error(report);
    EXPECT_EQ(failure.code(), sipher::condition::not_found);
    EXPECT_EQ(failure.outcome(), sipher::outcome::not_applied);
    EXPECT_EQ(failure.operation(), "get_session");
    EXPECT_EQ(failure.status(), 404U);
    EXPECT_EQ(failure.service_code(), "SESSION_NOT_FOUND");
    EXPECT_EQ(failure.service_message(), "Session not found: " + id);
    EXPECT_EQ(failure.details(), (boost::json::value{"a", 1}));
    EXPECT_EQ(failure.request_id(), "3f2a-1");
    EXPECT_EQ(failure.location(), "/v1/sessions/x");
    EXPECT_EQ(failure.retry_after(), 1s);
    EXPECT_EQ(failure.attempts().size(), 1U);
    EXPECT_EQ(failure.ended_because(), sipher::end_reason::budget_exhausted);
}

TEST(error, is_copied_without_throwing)
{
    EXPECT_TRUE(std::is_nothrow_copy_constructible_v<sipher::error>);
    EXPECT_TRUE(std::is_nothrow_copy_assignable_v<sipher::error>);
    sipher::error copy{sipher::errc::client_closed, ""};
    {
        const sipher::error original = make_error(not_found());
        copy = original;
    }
    EXPECT_EQ(copy.service_code(), "SESSION_NOT_FOUND");
    EXPECT_EQ(copy.code(), sipher::condition::not_found);
}

TEST(error, is_what_a_result_without_a_value_throws)
{
    const sipher::result<int> failed{make_error(not_found())};
    try {
        static_cast<void>(failed.value());
        FAIL() << "nothing was thrown";
    } catch (const boost::system::system_error& failure) {
        EXPECT_EQ(failure.code(), sipher::condition::not_found);
        EXPECT_NE(dynamic_cast<const sipher::error*>(&failure), nullptr);
    }
}

TEST(error, names_of_outcomes_phases_and_end_reasons_are_distinct)
{
    std::ostringstream out;
    out << sipher::outcome::not_sent << '|' << sipher::outcome::not_applied << '|' << sipher::outcome::unknown << '|'
        << sipher::outcome::applied_result_lost << '|' << sipher::phase::waiting << '|' << sipher::phase::tls_handshake
        << '|' << to_string(sipher::end_reason::not_repeatable);
    EXPECT_EQ(out.str(), "not sent|not applied|unknown|applied, result lost|waiting|TLS handshake|not repeatable");
}

} // namespace
