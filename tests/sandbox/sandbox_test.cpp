#include "support/raw_call.hpp"
#include "support/raw_peer.hpp"

#include <sipher/testing/manual_clock.hpp>
#include <sipher/testing/sandbox.hpp>

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace sipher::test;
using sipher::testing::manual_clock;
using sipher::testing::sandbox;
using sipher::testing::sandbox_options;

constexpr auto start = 1'795'464'000'000;

/// The service's rules, on a clock that stands still, over plain http: TLS changes none of them.
class sandbox_test : public testing::Test {
protected:
    static sandbox_options make_options(const std::shared_ptr<manual_clock>& time)
    {
        sandbox_options options;
        options.tls = false;
        options.keep_alive = 0ms;
        options.clock = time;
        return options;
    }

    raw_response call(const raw_call& what) { return exchange(peer, what); }
    raw_response call(std::string_view method, const std::string& target) { return call(raw_call{method, target}); }
    raw_response call(std::string_view method, const std::string& target, std::string_view body)
    {
        raw_call what{method, target};
        return call(what.with_body(body));
    }
    raw_response generate(std::string_view id, std::string_view body = "{}", std::string_view key = "sandbox-pro-key")
    {
        raw_call what{"POST", "/v1/stealth/generate"};
        return call(what.with_body(body).under(id).with_key(key));
    }

    const std::string unknown = "sess_" + std::string(64, 'f');
    const std::shared_ptr<manual_clock> time = std::make_shared<manual_clock>();
    sandbox service{make_options(time)};
    raw_peer peer{service.port()};
};

TEST_F(sandbox_test, without_a_key_there_is_no_access)
{
    raw_call what{"GET", "/v1/sessions/" + unknown};
    EXPECT_EQ(verdict(call(what.with_key(""))), "401 UNAUTHORIZED");
}

TEST_F(sandbox_test, an_unknown_key_is_refused)
{
    raw_call what{"GET", "/v1/sessions/" + unknown};
    EXPECT_EQ(verdict(call(what.with_key("sandbox-pro-keY"))), "401 INVALID_API_KEY");
}

TEST_F(sandbox_test, a_key_of_too_low_a_tier_has_no_sessions)
{
    raw_call what{"POST", "/v1/sessions"};
    EXPECT_EQ(verdict(call(what.with_key("sandbox-free-key").with_body("{}"))), "403 TIER_ACCESS_DENIED");
    raw_call other{"POST", "/v1/stealth/generate"};
    EXPECT_EQ(call(other.with_key("sandbox-free-key").with_body("{}")).result_int(), 200U);
}

TEST_F(sandbox_test, a_bearer_token_is_as_good_as_the_key_header)
{
    raw_call what{"POST", "/v1/sessions"};
    what.with_key("").with_header("Authorization", "Bearer sandbox-enterprise-key").with_body(R"({"defaults":{}})");
    EXPECT_EQ(call(what).result_int(), 201U);
}

TEST_F(sandbox_test, create_responds_with_its_members)
{
    const raw_response response = call("POST", "/v1/sessions", R"({"defaults":{"chain":"solana"}})");
    EXPECT_EQ(response.result_int(), 201U);
    EXPECT_EQ(text_at(response, "/success"), "true");
    EXPECT_EQ(data_members(response), "sessionId defaults createdAt expiresAt");
    EXPECT_EQ(text_at(response, "/data/defaults"), R"({"chain":"solana"})");
    EXPECT_EQ(text_at(response, "/data/createdAt"), std::to_string(start));
    EXPECT_EQ(text_at(response, "/data/expiresAt"), std::to_string(start + 3'600'000));
    EXPECT_TRUE(sipher::session_id::parse(text_at(response, "/data/sessionId")).has_value());
}

TEST_F(sandbox_test, every_create_makes_one_more_session)
{
    raw_call what{"POST", "/v1/sessions"};
    what.with_body(R"({"defaults":{}})").with_header("Idempotency-Key", "same");
    EXPECT_NE(text_at(call(what), "/data/sessionId"), text_at(call(what), "/data/sessionId"));
    EXPECT_EQ(service.sessions().size(), 2U);
    EXPECT_EQ(service.counters().created, 2U);
}

TEST_F(sandbox_test, get_responds_with_its_members_and_moves_the_last_access_only)
{
    const std::string id = create_session(peer, R"({"privacyLevel":"maximum"})");
    time->advance(10s);
    const raw_response response = call("GET", "/v1/sessions/" + id);
    EXPECT_EQ(response.result_int(), 200U);
    EXPECT_EQ(data_members(response), "sessionId defaults createdAt expiresAt lastAccessedAt");
    EXPECT_EQ(text_at(response, "/data/createdAt"), std::to_string(start));
    EXPECT_EQ(text_at(response, "/data/expiresAt"), std::to_string(start + 3'600'000));
    EXPECT_EQ(text_at(response, "/data/lastAccessedAt"), std::to_string(start + 10'000));
    EXPECT_EQ(text_at(response, "/data/defaults"), R"({"privacyLevel":"maximum"})");
}

TEST_F(sandbox_test, update_sets_members_and_responds_without_the_time_of_creation)
{
    const std::string id = create_session(peer, R"({"chain":"near","backend":"sip-native"})");
    time->advance(5s);
    const raw_response response =
        call("PATCH", "/v1/sessions/" + id, R"({"defaults":{"chain":"zcash","rpcProvider":"triton"}})");
    EXPECT_EQ(response.result_int(), 200U);
    EXPECT_EQ(data_members(response), "sessionId defaults expiresAt lastAccessedAt");
    EXPECT_EQ(text_at(response, "/data/defaults"),
              R"({"chain":"zcash","backend":"sip-native","rpcProvider":"triton"})");
    EXPECT_EQ(text_at(response, "/data/expiresAt"), std::to_string(start + 3'600'000));
    EXPECT_EQ(text_at(response, "/data/lastAccessedAt"), std::to_string(start + 5000));
    EXPECT_EQ(text_at(call("GET", "/v1/sessions/" + id), "/data/defaults/chain"), "zcash");
}

TEST_F(sandbox_test, delete_responds_once)
{
    const std::string id = create_session(peer);
    const raw_response response = call("DELETE", "/v1/sessions/" + id);
    EXPECT_EQ(response.result_int(), 200U);
    EXPECT_EQ(response.body(), R"({"success":true,"data":{"sessionId":")" + id + R"(","deleted":true}})");
    EXPECT_EQ(verdict(call("DELETE", "/v1/sessions/" + id)), "404 SESSION_NOT_FOUND");
    EXPECT_EQ(service.counters().deleted, 1U);
}

TEST_F(sandbox_test, sessions_that_are_not_there_look_alike)
{
    const std::string foreign = create_session(peer, "{}", "sandbox-other-key");
    const std::string expired = create_session(peer);
    const std::string lost = create_session(peer);
    EXPECT_TRUE(service.lose_session(sipher::session_id{lost}));
    EXPECT_FALSE(service.lose_session(sipher::session_id{lost}));
    EXPECT_EQ(verdict(call("GET", "/v1/sessions/" + foreign)), "404 SESSION_NOT_FOUND");
    time->advance(3600s);
    for (const std::string& id : {unknown, foreign, expired, lost}) {
        for (const std::string method : {"GET", "PATCH", "DELETE"}) {
            const raw_response response = call(method, "/v1/sessions/" + id, R"({"defaults":{}})");
            EXPECT_EQ(verdict(response), "404 SESSION_NOT_FOUND") << method << " " << id;
            EXPECT_EQ(text_at(response, "/error/message"), "Session not found: " + id);
            EXPECT_EQ(text_at(response, "/error/details"), "(none)");
        }
    }
}

TEST_F(sandbox_test, a_session_lives_until_its_expiry_whatever_is_done_with_it)
{
    const std::string id =
        text_at(call("POST", "/v1/sessions", R"({"defaults":{},"ttlSeconds":60})"), "/data/sessionId");
    time->advance(60s - 1ms);
    EXPECT_EQ(call("GET", "/v1/sessions/" + id).result_int(), 200U);
    EXPECT_EQ(call("PATCH", "/v1/sessions/" + id, R"({"defaults":{}})").result_int(), 200U);
    EXPECT_EQ(generate(id).result_int(), 200U);
    EXPECT_EQ(service.sessions().size(), 1U);
    time->advance(1ms);
    EXPECT_EQ(call("GET", "/v1/sessions/" + id).result_int(), 404U);
    EXPECT_TRUE(service.sessions().empty());
}

TEST_F(sandbox_test, a_malformed_id_is_a_bad_request_but_the_body_of_an_update_comes_first)
{
    for (const std::string id : {"x", "sess_12", "sess_FFFF"}) {
        const raw_response response = call("GET", "/v1/sessions/" + id);
        EXPECT_EQ(verdict(response), "400 VALIDATION_ERROR");
        EXPECT_EQ(text_at(response, "/error/message").rfind("Invalid session ID format", 0), 0U);
        EXPECT_EQ(verdict(call("DELETE", "/v1/sessions/" + id)), "400 VALIDATION_ERROR");
    }
    EXPECT_EQ(text_at(call("PATCH", "/v1/sessions/x", "{}"), "/error/details/0/path"), R"(["defaults"])");
    EXPECT_EQ(text_at(call("PATCH", "/v1/sessions/x", R"({"defaults":{}})"), "/error/details"), "(none)");
}

TEST_F(sandbox_test, wrong_routes_and_methods_are_not_found)
{
    const std::string id = create_session(peer);
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"GET", "/v1/sessions"}, {"PUT", "/v1/sessions/" + id},        {"POST", "/v1/sessions/" + id},
        {"GET", "/v2/sessions"}, {"GET", "/v1/sessions/" + id + "/x"}, {"GET", "/v1/echo"}};
    for (const auto& [method, target] : wrong) {
        EXPECT_EQ(verdict(call(method, target)), "404 NOT_FOUND") << method << " " << target;
    }
    EXPECT_EQ(call("GET", "/v1/sessions/" + id + "/?x=1").result_int(), 200U);
}

TEST_F(sandbox_test, a_request_under_a_session_takes_its_defaults)
{
    const std::string id = create_session(peer, R"({"chain":"near","privacyLevel":"shielded","backend":"sip-native"})");
    time->advance(1s);
    const raw_response response = generate(id);
    EXPECT_EQ(text_at(response, "/data/chain"), "near");
    EXPECT_EQ(text_at(response, "/data/privacyLevel"), "shielded");
    const auto under = service.ledger().back().effective_defaults;
    ASSERT_TRUE(under.has_value());
    EXPECT_EQ(under->chain, sipher::chain::near);
    EXPECT_EQ(under->backend, sipher::backend::sip_native);
    EXPECT_EQ(service.sessions().at(0).last_accessed_at->time_since_epoch(), std::chrono::milliseconds{start + 1000});
}

TEST_F(sandbox_test, an_explicit_member_wins_over_the_session)
{
    const std::string id = create_session(peer, R"({"chain":"near","privacyLevel":"shielded"})");
    const raw_response response = generate(id, R"({"chain":"sui"})");
    EXPECT_EQ(text_at(response, "/data/chain"), "sui");
    EXPECT_EQ(text_at(response, "/data/privacyLevel"), "shielded");
}

TEST_F(sandbox_test, a_session_that_cannot_be_used_is_silently_ignored)
{
    const std::string lost = create_session(peer, R"({"chain":"near","privacyLevel":"shielded"})");
    const std::string foreign = create_session(peer, R"({"chain":"near"})", "sandbox-other-key");
    service.lose_session(sipher::session_id{lost});
    for (const std::string& id : {std::string{"malformed"}, unknown, lost, foreign}) {
        const raw_response response = generate(id);
        EXPECT_EQ(response.result_int(), 200U);
        EXPECT_EQ(text_at(response, "/data/chain"), "solana");
        EXPECT_EQ(text_at(response, "/data/privacyLevel"), "standard");
        EXPECT_EQ(service.ledger().back().effective_defaults->chain, sipher::chain::solana);
    }
}

TEST_F(sandbox_test, echo_responds_with_the_body_after_the_merge)
{
    const std::string id = create_session(peer, R"({"chain":"near"})");
    raw_call what{"POST", "/v1/echo"};
    EXPECT_EQ(text_at(call(what.under(id).with_body(R"({"a":[1,null],"z":"ü"})")), "/data"),
              R"({"a":[1,null],"z":"ü","chain":"near"})");
    EXPECT_EQ(text_at(call(what.with_body("[1]")), "/data"), "[1]");
    EXPECT_EQ(service.counters().other, 2U);
}

TEST_F(sandbox_test, the_session_endpoints_do_not_merge)
{
    const std::string id = create_session(peer, R"({"chain":"near"})");
    raw_call what{"POST", "/v1/sessions"};
    EXPECT_EQ(text_at(call(what.under(id).with_body(R"({"defaults":{}})")), "/data/defaults"), "{}");
}

TEST_F(sandbox_test, health_and_the_catalogue_need_no_key)
{
    raw_call health{"GET", "/v1/health"};
    const raw_response response = call(health.with_key(""));
    EXPECT_EQ(response.result_int(), 200U);
    EXPECT_EQ(text_at(response, "/data/status"), "healthy");
    raw_call errors{"GET", "/v1/errors"};
    const auto catalogue = document_of(call(errors.with_key("")));
    std::string retryable;
    for (const auto& item : catalogue.at("data").at("errors").as_array()) {
        if (item.at("retryable").as_bool()) {
            retryable.append(item.at("code").as_string()).append(" ");
        }
    }
    EXPECT_EQ(retryable,
              "RATE_LIMITED DAILY_QUOTA_EXCEEDED INTERNAL_SERVER_ERROR SESSION_CREATE_FAILED SERVICE_UNAVAILABLE ");
}

} // namespace
