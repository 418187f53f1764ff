#include "support/raw_call.hpp"
#include "support/raw_peer.hpp"

#include <sipher/testing/manual_clock.hpp>
#include <sipher/testing/sandbox.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Raw requests that the real service and a simpler sandbox would respond to differently.
namespace {

using namespace std::chrono_literals;
using namespace sipher::test;
using sipher::testing::sandbox;
using sipher::testing::sandbox_options;

constexpr const char* raw_400 = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

class sandbox_parity_test : public testing::Test {
protected:
    static sandbox_options make_options()
    {
        sandbox_options options;
        options.tls = false;
        options.keep_alive = 0ms;
        options.rate_limit = 1000;
        return options;
    }

    static raw_call post(std::string_view target, std::string_view body)
    {
        raw_call what{"POST", target};
        return what.with_body(body);
    }
    static std::string create_with_ttl(const std::string& ttl) { return R"({"defaults":{},"ttlSeconds":)" + ttl + "}"; }

    raw_response call(const raw_call& what) { return exchange(peer, what); }
    raw_response echo(std::string_view body) { return call(post("/v1/echo", body)); }
    raw_response echo_as(std::string_view content_type, std::string_view body)
    {
        raw_call what = post("/v1/echo", body);
        what.content_type = content_type;
        return call(what);
    }
    raw_response echo_encoded(std::string_view encoding, std::string_view body)
    {
        return call(post("/v1/echo", body).with_header("Content-Encoding", encoding));
    }
    /// What comes back, to the end of the connection, on one of its own.
    std::string raw(std::string_view bytes)
    {
        raw_peer other{service.port()};
        other.send(bytes);
        return other.read_to_end();
    }

    sandbox service{make_options()};
    raw_peer peer{service.port()};
};

TEST_F(sandbox_parity_test, two_key_fields_are_joined_into_one_unknown_key)
{
    raw_call what{"GET", "/v1/echo"};
    what.with_header("X-API-Key", "sandbox-pro-key");
    EXPECT_EQ(verdict(call(what)), "401 INVALID_API_KEY");
}

TEST_F(sandbox_parity_test, two_fields_with_a_session_are_a_malformed_one)
{
    const std::string id = create_session(peer, R"({"chain":"near"})");
    EXPECT_EQ(text_at(call(post("/v1/echo", "{}").under(id)), "/data/chain"), "near");
    EXPECT_EQ(text_at(call(post("/v1/echo", "{}").under(id).under(id)), "/data"), "{}");
}

TEST_F(sandbox_parity_test, a_tier_that_is_too_low_is_refused_before_the_body_and_the_route)
{
    for (const std::string path : {"/v1/sessions", "/v1/sessions/x/y/z"}) {
        const raw_response response = call(post(path, "{").with_key("sandbox-free-key"));
        EXPECT_EQ(verdict(response), "403 TIER_ACCESS_DENIED");
        EXPECT_EQ(text_at(response, "/error/message"),
                  "Endpoint " + path + " not available on free tier. Upgrade to pro or enterprise.");
    }
}

TEST_F(sandbox_parity_test, paths_are_percent_decoded_without_regard_to_case_and_to_one_slash_at_the_end)
{
    const std::string id = create_session(peer);
    for (const std::string& target :
         {"/v1/sessions/%73ess_" + id.substr(5), "/V1/Sessions/" + id, "/v1/%73essions/" + id + "/?x=%zz"}) {
        EXPECT_EQ(call({"GET", target}).result_int(), 200U) << target;
    }
    EXPECT_EQ(verdict(call({"GET", "/v1/sessions/SESS_" + id.substr(5)})), "400 VALIDATION_ERROR");
    EXPECT_EQ(verdict(call({"GET", "/v1/sessions/" + id + "%2Fx"})), "400 VALIDATION_ERROR");
    EXPECT_EQ(verdict(call({"GET", "/v1/sessions/" + id + "//"})), "404 NOT_FOUND");
    const raw_response unknown = call({"GET", "/v1/Nothing/?x=1"});
    EXPECT_EQ(text_at(unknown, "/error/message"), "Route GET /v1/Nothing/ not found");
}

TEST_F(sandbox_parity_test, an_id_with_a_bad_percent_sign_is_an_error_of_the_server)
{
    for (const std::string id : {"%", "%7", "%zz", "%ff"}) {
        const raw_response response = call({"GET", "/v1/sessions/" + id});
        EXPECT_EQ(verdict(response), "500 INTERNAL_SERVER_ERROR") << id;
        EXPECT_EQ(text_at(response, "/error/details"), "Failed to decode param '" + id + "'");
    }
}

TEST_F(sandbox_parity_test, options_tells_the_methods_of_a_route)
{
    raw_response response = call({"OPTIONS", "/v1/sessions/x"});
    EXPECT_EQ(response.result_int(), 200U);
    EXPECT_EQ(response["Content-Type"], "text/plain");
    EXPECT_EQ(response["Allow"], "DELETE, GET, HEAD, PATCH");
    EXPECT_EQ(response.body(), "DELETE, GET, HEAD, PATCH");
    response = call({"OPTIONS", "/v1/sessions"});
    EXPECT_EQ(response["Allow"], "POST");
    EXPECT_EQ(verdict(call({"OPTIONS", "/v1/nothing"})), "404 NOT_FOUND");
}

TEST_F(sandbox_parity_test, its_http_server_refuses_malformed_requests_with_a_raw_400)
{
    for (const std::string request :
         {"BREW /v1/health HTTP/1.1\r\nHost: x\r\n\r\n", "get /v1/health HTTP/1.1\r\nHost: x\r\n\r\n",
          "GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Folded: a\r\n b\r\n\r\n",
          "GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Folded: a\r\n\tb\r\n\r\n"}) {
        EXPECT_EQ(raw(request), raw_400) << request;
    }
    EXPECT_EQ(service.counters().requests, 0U);
}

TEST_F(sandbox_parity_test, a_folded_field_is_seen_wherever_its_bytes_are_divided)
{
    const std::string request = "GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Folded: a\r\n b\r\n\r\n";
    raw_peer other{service.port()};
    for (const char byte : request) {
        other.send({&byte, 1});
    }
    EXPECT_EQ(other.read_to_end(), raw_400);
}

TEST_F(sandbox_parity_test, connect_is_closed_without_a_response)
{
    EXPECT_EQ(raw("CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n"), "");
    EXPECT_EQ(service.counters().requests, 0U);
}

TEST_F(sandbox_parity_test, the_absolute_form_of_a_target_is_taken)
{
    EXPECT_EQ(call({"GET", "http://anybody.example/v1/health?x"}).result_int(), 200U);
    EXPECT_EQ(service.ledger().back().target, "http://anybody.example/v1/health?x");
}

TEST_F(sandbox_parity_test, other_expectations_than_to_continue_are_not_met)
{
    raw_call what{"GET", "/v1/health"};
    EXPECT_EQ(call(what.with_header("Expect", "200-ok")).result_int(), 417U);
    EXPECT_EQ(call({"GET", "/v1/health"}).result_int(), 200U) << "the connection stays";
}

TEST_F(sandbox_parity_test, a_representation_that_the_client_has_is_not_sent_again)
{
    const raw_call errors{"GET", "/v1/errors"};
    const std::string tag{call(errors)["ETag"]};
    ASSERT_NE(tag, "");
    for (const std::string& known : {tag, std::string{"*"}, "\"x\", " + tag, tag.substr(2)}) {
        raw_call again = errors;
        peer.send(again.with_header("If-None-Match", known).to_bytes());
        const raw_response response = peer.read_response(true);
        EXPECT_EQ(response.result_int(), 304U) << known;
        EXPECT_EQ(response["ETag"], tag);
        EXPECT_EQ(response.count("Content-Type") + response.count("Content-Length"), 0U);
    }
    raw_call other = errors;
    EXPECT_EQ(call(other.with_header("If-None-Match", "\"x\"")).result_int(), 200U);
    EXPECT_EQ(call(post("/v1/echo", "{}").with_header("If-None-Match", "*")).result_int(), 200U) << "only reads";
}

TEST_F(sandbox_parity_test, a_byte_order_mark_before_the_document_is_passed_over)
{
    EXPECT_EQ(text_at(echo("\xef\xbb\xbf{\"n\":1}"), "/data/n"), "1");
}

TEST_F(sandbox_parity_test, bytes_that_are_not_utf_8_are_replaced)
{
    const std::string replacement = "\xef\xbf\xbd";
    EXPECT_EQ(text_at(echo("{\"n\":\"a\xff"
                           "b\"}"),
                      "/data/n"),
              "a" + replacement + "b");
    EXPECT_EQ(text_at(echo("{\"n\":\"\xe2\x82\"}"), "/data/n"), replacement) << "one for what was begun";
    EXPECT_EQ(text_at(echo("{\"n\":\"\xed\xa0\x80\"}"), "/data/n"), replacement + replacement + replacement);
    EXPECT_EQ(text_at(echo("{\"n\":\"\xf4\x90\"}"), "/data/n"), replacement + replacement);
    EXPECT_EQ(text_at(echo("{\"n\":\"\xf0\x9f\x98\x80\"}"), "/data/n"), "\xf0\x9f\x98\x80");
}

TEST_F(sandbox_parity_test, half_a_surrogate_pair_is_accepted)
{
    for (const std::string half : {R"(\ud800)", R"(\udc00)", R"(\ud800x)", R"(\uD83D\u0041)"}) {
        EXPECT_EQ(echo(R"({"n":")" + half + R"("})").result_int(), 200U) << half;
    }
    EXPECT_EQ(text_at(echo(R"({"n":"\ud83d\ude00 \\ud800"})"), "/data/n"), "\xf0\x9f\x98\x80 \\ud800");
}

TEST_F(sandbox_parity_test, documents_may_be_nested_3000_deep)
{
    EXPECT_EQ(echo(std::string(3000, '[') + std::string(3000, ']')).result_int(), 200U);
}

TEST_F(sandbox_parity_test, the_charset_of_a_body_is_that_of_unicode_or_an_error)
{
    using namespace std::string_literals;
    const std::string little = "{\0\"\0n\0\"\0:\0\"\0\xac\x20\"\0}\0"s;
    const std::string big = "\0{\0\"\0n\0\"\0:\0\"\x20\xac\0\"\0}"s;
    const std::string euro = "\xe2\x82\xac";
    EXPECT_EQ(text_at(echo_as("application/json; charset=utf-16", little), "/data/n"), euro);
    EXPECT_EQ(text_at(echo_as("application/json; charset=\"UTF-16\"", "\xfe\xff" + big), "/data/n"), euro);
    EXPECT_EQ(text_at(echo_as("application/json;charset=utf-16be", big), "/data/n"), euro);
    EXPECT_EQ(text_at(echo_as("application/json;charset=utf-8", R"({"n":1})"), "/data/n"), "1");
    const raw_response other = echo_as("application/json; charset=latin1", "{}");
    EXPECT_EQ(verdict(other), "500 INTERNAL_SERVER_ERROR");
    EXPECT_EQ(text_at(other, "/error/details"), "unsupported charset \"LATIN1\"");
}

TEST_F(sandbox_parity_test, a_content_encoding_that_is_not_known_is_an_error)
{
    EXPECT_EQ(text_at(echo_encoded("identity", R"({"n":1})"), "/data/n"), "1");
    const raw_response unknown = echo_encoded("zip", "{}");
    EXPECT_EQ(verdict(unknown), "500 INTERNAL_SERVER_ERROR");
    EXPECT_EQ(text_at(unknown, "/error/details"), "unsupported content encoding \"zip\"");
}

TEST_F(sandbox_parity_test, a_time_to_live_beyond_all_integers_breaks_two_rules)
{
    for (const std::string ttl : {"1e400", "9007199254740992", "99999999999999999999"}) {
        const raw_response response = call(post("/v1/sessions", create_with_ttl(ttl)));
        EXPECT_EQ(text_at(response, "/error/details/0/maximum"), "9007199254740991") << ttl;
        EXPECT_EQ(text_at(response, "/error/details/0/message"), "Too big: expected int to be <9007199254740991");
        EXPECT_EQ(text_at(response, "/error/details/1/maximum"), "86400");
        EXPECT_EQ(text_at(response, "/error/details/2"), "(none)");
    }
    const raw_response negative = call(post("/v1/sessions", create_with_ttl("-1e400")));
    EXPECT_EQ(text_at(negative, "/error/details/0/minimum"), "-9007199254740991");
    EXPECT_EQ(text_at(negative, "/error/details/1/minimum"), "60");
    EXPECT_EQ(text_at(call(post("/v1/sessions", create_with_ttl("9007199254740991"))), "/error/details/1"), "(none)");
}

TEST_F(sandbox_parity_test, of_the_defaults_a_route_reads_the_chain_only)
{
    const raw_response generated = call(post("/v1/stealth/generate", R"({"privacyLevel":"x","backend":7})"));
    EXPECT_EQ(generated.result_int(), 200U);
    EXPECT_EQ(verdict(call(post("/v1/stealth/generate", R"({"chain":"x"})"))), "400 VALIDATION_ERROR");
    const raw_response label = call(post("/v1/stealth/generate", R"({"label":7})"));
    EXPECT_EQ(text_at(label, "/error/details/0/path"), R"(["label"])");
    EXPECT_EQ(text_at(label, "/error/details/0/message"), "Invalid input: expected string, received number");
}

TEST_F(sandbox_parity_test, generate_has_the_members_of_the_service)
{
    const raw_response generated = call(post("/v1/stealth/generate", R"({"chain":"near"})"));
    EXPECT_EQ(data_members(generated).rfind("chain curve metaAddress spendingPrivateKey viewingPrivateKey", 0), 0U);
    EXPECT_EQ(text_at(generated, "/data/metaAddress/chain"), "near");
    EXPECT_EQ(text_at(generated, "/data/curve"), "ed25519");
    EXPECT_EQ(text_at(call(post("/v1/stealth/generate", R"({"chain":"ethereum"})")), "/data/curve"), "secp256k1");
}

TEST_F(sandbox_parity_test, html_pages_need_no_key_and_some_are_not_rate_limited)
{
    for (const std::string path : {"/", "/skill.md", "/docs", "/openapi.json"}) {
        raw_call what{"GET", path};
        const raw_response response = call(what.with_key(""));
        EXPECT_EQ(response.result_int(), 200U) << path;
        EXPECT_EQ(response.count("RateLimit-Limit"), path == "/" || path == "/skill.md" ? 0U : 1U) << path;
    }
}

TEST(sandbox_idle_test, an_idle_connection_stays_longer_than_its_hint)
{
    sandbox_options options;
    options.tls = false;
    options.keep_alive = 20ms;
    options.keep_alive_buffer = 60ms;
    sandbox service{options};
    raw_peer peer{service.port()};
    const auto before = std::chrono::steady_clock::now();
    exchange(peer, {"GET", "/v1/health"});
    EXPECT_EQ(peer.read_to_end(), "");
    EXPECT_GE(std::chrono::steady_clock::now() - before, 80ms);
    EXPECT_EQ(sandbox_options{}.keep_alive + sandbox_options{}.keep_alive_buffer, 6s) << "as Node 20 does";
}

} // namespace
