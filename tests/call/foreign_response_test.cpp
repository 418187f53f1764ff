// Responses that an edge, a gateway, a portal or a half-broken peer sends, and what the caller learns of them.
#include "support/client_fixture.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
using sipher::testing::fault;

constexpr std::string_view missing_session =
    R"({"success":false,"error":{"code":"SESSION_NOT_FOUND","message":"Session not found"}})";

std::string response_of(std::string_view status_line, std::string_view fields, std::string_view body)
{
    return std::string{status_line} + "\r\n" + std::string{fields} + "Content-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n\r\n" + std::string{body};
}

std::string nested(std::size_t depth)
{
    return std::string(depth, '[') + std::string(depth, ']');
}

std::string session_text(std::string_view more_members)
{
    return R"({"success":true,"data":{"sessionId":"sess_)" + std::string(64, 'a') +
           R"(","defaults":{},"createdAt":1795459632897,"expiresAt":1795463232897)" + std::string{more_members} + "}}";
}

class foreign_response : public client_test {
protected:
    foreign_response()
    {
        options.retry.base_delay = options.retry.throttled_base_delay = 0ms;
        options.retry.budget = 0;
    }

    /// The error of a create that met `what`; it must not have been sent again.
    error failed_create(const fault& what)
    {
        // A connection of its own, because one that has just been ended may look usable for a moment.
        reset_client();
        client();
        new_requests();
        sandbox().add_fault(what);
        error failure = failure_of(client().create_session({}));
        EXPECT_EQ(new_requests(), 1U) << failure.what();
        sandbox().clear_faults();
        return failure;
    }

    error failed_get(const fault& what)
    {
        const session mine = create();
        sandbox().add_faults(3, what);
        error failure = failure_of(client().get_session(mine.id));
        sandbox().clear_faults();
        return failure;
    }

    boost::json::value read(std::string_view body)
    {
        sandbox().add_fault(fault::respond(200, std::string{body}, {{"Content-Type", "application/json"}}));
        return run(client().request(verb::get, "/v1/anything"));
    }
};

bool mentions(const error& failure, std::string_view words)
{
    return std::string_view{failure.what()}.find(words) != std::string_view::npos;
}

TEST_F(foreign_response, a_408_that_is_not_bare_does_not_repeat_a_create)
{
    const std::string json =
        R"({"success":false,"error":{"code":"REQUEST_TIMEOUT","message":"m","retryable":true,"details":)";
    const std::vector<fault> responses{
        fault::raw_response("HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nContent-Length: 200\r\n"
                            "Connection: close\r\n\r\n{\"success\":fal"),
        fault::raw_response("HTTP/1.1 408 Request Timeout\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"),
        fault::raw_response("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"),
        fault::raw_response("HTTP/1.1 408 Request Timeout\r\nServer: x\r\nConnection: close\r\n\r\n"),
        fault::raw_response("HTTP/1.1 408 Request Timeout\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"),
        fault::act_but_respond(408, "stopped waiting", {{"Content-Type", "text/plain"}}),
        fault::act_but_respond(408, "<html>408</html>", {{"Content-Type", "text/html"}}),
        fault::act_but_respond(408, json + nested(40) + "}}", {{"Content-Type", "application/json"}}),
        fault::act_but_respond(408, json + "\"\xff\"}}", {{"Content-Type", "application/json"}}),
        fault::act_but_respond(408, json + nested(400) + "}}", {{"Content-Type", "application/json"}}),
    };
    for (const fault& each : responses) {
        EXPECT_EQ(failed_create(each).outcome(), outcome::unknown) << each.raw.value_or(each.body.value_or(""));
    }
    EXPECT_EQ(sandbox().counters().created, responses.size());
}

TEST_F(foreign_response, only_the_services_404_and_410_tell_that_a_session_is_gone)
{
    const std::vector<std::string> others{"default backend - 404", "", R"({"message":"no Route matched"})",
                                          R"({"success":false,"data":null,"message":"no route"})",
                                          R"({"error":{"code":"SESSION_NOT_FOUND"}})"};
    for (const std::string& each : others) {
        const session mine = create();
        sandbox().add_fault(fault::respond(502, ""));
        sandbox().add_fault(fault::respond(404, each));
        const error failure = failure_of(client().delete_session(mine.id));
        EXPECT_EQ(failure.outcome(), outcome::unknown) << each;
        EXPECT_EQ(failure.code(), condition::intermediary) << each;
        call_options under;
        under.session = mine;
        EXPECT_NO_THROW(run(client().request(verb::get, "/v1/health", under))) << "it is not known to be gone";
    }
    for (const unsigned status : {404U, 410U}) {
        const session mine = create();
        sandbox().add_fault(fault::respond(502, ""));
        const std::string expired = R"({"success":false,"error":{"code":"SESSION_EXPIRED","message":"m"}})";
        sandbox().add_fault(fault::respond(status, status == 404 ? std::string{missing_session} : expired));
        EXPECT_TRUE(run(client().delete_session(mine.id)).already_absent) << status;
    }
}

TEST_F(foreign_response, what_was_deleted_without_saying_so_in_full_is_not_used)
{
    const session mine = create();
    sandbox().add_fault(fault::act_but_respond(204, ""));
    EXPECT_EQ(failure_of(client().delete_session(mine.id)).outcome(), outcome::applied_result_lost);
    call_options under;
    under.session = mine.id;
    EXPECT_EQ(failure_of(client().request(verb::get, "/v1/health", under)).code(), errc::session_gone);
}

TEST_F(foreign_response, an_empty_page_is_not_the_services)
{
    sandbox().add_fault(fault::respond(200, "", {{"Content-Type", "text/html"}}));
    const error failure = failure_of(client().request(verb::post, "/v1/stealth/generate", boost::json::object{}));
    EXPECT_EQ(failure.outcome(), outcome::unknown);
    EXPECT_EQ(failure.code(), condition::intermediary);
}

TEST_F(foreign_response, a_foreign_refusal_of_a_create_proves_nothing)
{
    const std::vector<std::string> bodies{R"({"success":false,"data":null})",
                                          R"({"success":false,"data":{}})",
                                          R"({"success":false,"error":{"message":"m"}})",
                                          R"({"success":"false"})",
                                          "[]",
                                          "null"};
    for (const std::string& each : bodies) {
        for (const unsigned status : {400U, 404U, 409U, 422U}) {
            const error failure = failed_create(fault::act_but_respond(status, each));
            EXPECT_EQ(failure.outcome(), outcome::unknown) << status << each;
            EXPECT_EQ(failure.code(), condition::intermediary) << status << each;
        }
    }
}

TEST_F(foreign_response, a_delete_whose_success_cannot_be_read_was_applied)
{
    const std::vector<fault> responses{
        fault::raw_response("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
        fault::raw_response(response_of("HTTP/1.1 200 OK", "Content-Type: application/json\r\n", "")),
        fault::raw_response(response_of("HTTP/1.1 200 OK", "Content-Type: application/json\r\n", "{\"succ")),
        fault::act_but_respond(200, R"({"success":true,"data":{}})"),
    };
    for (const fault& each : responses) {
        const session mine = create();
        sandbox().add_fault(each);
        const error failure = failure_of(client().delete_session(mine.id));
        EXPECT_EQ(failure.outcome(), outcome::applied_result_lost) << failure.what();
    }
    const session mine = create();
    sandbox().add_fault(fault::captive_portal());
    EXPECT_EQ(failure_of(client().delete_session(mine.id)).outcome(), outcome::unknown);
}

TEST_F(foreign_response, an_error_inside_a_success_is_the_services_error)
{
    const std::string text = R"({"success":false,"data":null,"error":{"code":"INTERNAL_ERROR","message":"m"}})";
    for (const unsigned status : {200U, 201U}) {
        const error failure = failed_create(fault::act_but_respond(status, text));
        EXPECT_EQ(failure.service_code(), "INTERNAL_ERROR") << failure.what();
        EXPECT_EQ(failure.outcome(), outcome::unknown);
        sandbox().add_fault(fault::respond(status, text));
        EXPECT_EQ(failure_of(client().request(verb::get, "/v1/anything")).service_code(), "INTERNAL_ERROR");
    }
}

TEST_F(foreign_response, a_page_instead_of_a_session_names_base_url)
{
    for (const fault& each : {fault::captive_portal(), fault::captive_portal(true),
                              fault::foreign_page(201, "text/html", "<!doctype html><title>Hello</title>"),
                              fault::foreign_page(200, "text/plain", "OK")}) {
        const error failure = failed_create(each);
        EXPECT_EQ(failure.outcome(), outcome::unknown) << failure.what();
        EXPECT_EQ(failure.code(), condition::intermediary);
        EXPECT_TRUE(mentions(failure, "base_url")) << failure.what();
        EXPECT_FALSE(mentions(failure, "syntax")) << failure.what();
    }
}

TEST_F(foreign_response, a_create_whose_success_is_cut_is_unknown)
{
    const error cut =
        failed_create(fault::raw_response("HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: "
                                          "900\r\n\r\n{\"success\":true,\"data\":{"));
    EXPECT_EQ(cut.outcome(), outcome::unknown) << cut.what();
    EXPECT_EQ(failed_create(fault::raw_response("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")).outcome(),
              outcome::unknown);
}

TEST_F(foreign_response, an_error_describes_only_its_last_attempt)
{
    response_info info;
    call_options with_info;
    with_info.info = &info;
    sandbox().add_fault(fault::respond(503, "", {{"Location", "/elsewhere"}, {"X-Request-ID", "of-the-first"}}));
    sandbox().add_faults(3, fault::drop_request());
    const error failure = failure_of(client().request(verb::get, "/v1/anything", with_info));
    EXPECT_EQ(failure.status(), 0U) << failure.what();
    EXPECT_EQ(failure.location(), "");
    EXPECT_NE(failure.request_id(), "of-the-first");
    EXPECT_EQ(info.status, 0U);
    EXPECT_TRUE(info.headers.empty());
    run(client().request(verb::get, "/v1/health", with_info));
    EXPECT_EQ(info.status, 200U);
    failure_of(client().request(verb::get, "not a target", with_info));
    EXPECT_EQ(info.status, 0U) << "an info is of one call";
    EXPECT_TRUE(info.attempts.empty());
}

TEST_F(foreign_response, a_rewritten_request_id_is_no_error)
{
    for (const char* id : {"edge-1", "a, b", "0"}) {
        sandbox().add_fault(fault::with_header("X-Request-ID", id));
        EXPECT_NO_THROW(create()) << id;
        sandbox().add_fault(fault::respond(401, R"({"success":false,"error":{"code":"UNAUTHORIZED","message":"m"}})",
                                           {{"X-Request-ID", id}}));
        EXPECT_EQ(failure_of(client().create_session({})).code(), condition::unauthorized) << id;
    }
}

TEST_F(foreign_response, errors_of_an_edge_are_named_and_repeated_for_reads)
{
    for (const unsigned status : {502U, 504U, 520U, 521U, 522U, 523U, 524U, 525U, 526U, 527U, 530U}) {
        const error failure = failed_get(fault::edge_error(status));
        EXPECT_EQ(failure.attempts().size(), 3U) << failure.what();
        EXPECT_TRUE(mentions(failure, ": " + std::to_string(status) + " ")) << failure.what();
        EXPECT_FALSE(mentions(failure, "HTTP status")) << failure.what();
        EXPECT_TRUE(mentions(failure, "cloudflare")) << failure.what();
    }
    EXPECT_EQ(failed_get(fault::respond(529, "overloaded")).attempts().size(), 3U);
    const error asked = failed_create(fault::challenge());
    EXPECT_TRUE(mentions(asked, "challenge")) << asked.what();
    EXPECT_NE(asked.code(), condition::forbidden) << "which speaks of the key";
}

TEST_F(foreign_response, a_redirect_says_where_to)
{
    for (const unsigned status : {301U, 302U, 307U, 308U}) {
        const error failure =
            failed_create(fault::respond(status, "", {{"Location", "https://sipher.example/v1/sessions"}}));
        EXPECT_TRUE(mentions(failure, "https://sipher.example/v1/sessions")) << failure.what();
        EXPECT_EQ(failure.location(), "https://sipher.example/v1/sessions");
        EXPECT_EQ(failure.code(), condition::intermediary);
    }
}

TEST_F(foreign_response, an_ignored_member_does_not_cost_the_result)
{
    for (const std::string& each :
         {nested(40), nested(1000), std::string{"\"\xff\xfe\""}, std::string{"\"\\ud800\""}, std::string{"1e99999"},
          "\"" + std::string(100'000, 'x') + "\"", std::string{"-0.00000000000000000000000000000001e-400"}}) {
        sandbox().add_fault(fault::act_but_respond(201, session_text(",\"extra\":" + each)));
        EXPECT_NO_THROW(create()) << each.substr(0, 60);
    }
    EXPECT_NO_THROW(read(R"({"success":true,"data":)" + nested(32) + "}"));
    EXPECT_EQ(read(R"({"success":true,"data":0.9868011474609375})"), boost::json::value(0.9868011474609375));
    EXPECT_NO_THROW(read("\xEF\xBB\xBF{\"success\":true,\"data\":1}"));
}

TEST_F(foreign_response, a_secret_that_is_repeated_is_masked)
{
    options.api_key = secret{"key-of-mine-0123456789"};
    session_defaults defaults;
    defaults.default_viewing_key = secret{"0xbeefbeef"};
    for (const std::size_t padding : {std::size_t{0}, std::size_t{20}, std::size_t{40}, std::size_t{390}}) {
        const std::string words = std::string(padding, 'w') + " key-of-mine-0123456789 ; 0xbeefbeef";
        for (const unsigned status : {200U, 400U, 404U, 502U}) {
            for (const std::string& body :
                 {words, R"({"success":false,"error":{"code":"X","message":")" + words + "\"}}"}) {
                sandbox().add_fault(fault::respond(status, body));
                const error failure = failure_of(client().create_session(defaults));
                EXPECT_FALSE(mentions(failure, "key-of")) << failure.what();
                EXPECT_FALSE(mentions(failure, "beefbeef")) << failure.what();
                EXPECT_EQ(failure.service_message().find("key-of"), std::string::npos) << failure.service_message();
            }
        }
    }
}

TEST_F(foreign_response, harmless_deviations_are_read)
{
    const std::string body = session_text("");
    const std::string size = std::to_string(body.size());
    const std::string as_chunk = [&] {
        std::ostringstream out;
        out << std::hex << body.size();
        return out.str();
    }();
    sandbox().add_fault(
        fault::raw_response("HTTP/1.1 201\r\nConnection: close\r\nContent-Length: " + size + "\r\n\r\n" + body));
    EXPECT_NO_THROW(create()) << "no space after the status code";
    sandbox().add_fault(
        fault::raw_response("HTTP/1.1 201 Created\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
                            as_chunk + "  \r\n" + body + "\r\n0\r\n\r\n"));
    EXPECT_NO_THROW(create()) << "spaces after the size of a chunk";
    const error packed =
        failed_create(fault::act_but_respond(201, std::string{"\x1f\x8b\x08\0\0\0", 6},
                                             {{"Content-Encoding", "gzip"}, {"Content-Type", "application/json"}}));
    EXPECT_TRUE(mentions(packed, "gzip")) << packed.what();
}

} // namespace
} // namespace sipher::test
