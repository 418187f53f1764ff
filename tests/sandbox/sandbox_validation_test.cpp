#include "support/raw_call.hpp"
#include "support/raw_peer.hpp"

#include <sipher/testing/sandbox.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace {

using namespace sipher::test;
using sipher::testing::sandbox;
using sipher::testing::sandbox_options;

class sandbox_validation_test : public testing::Test {
protected:
    static sandbox_options make_options()
    {
        sandbox_options options;
        options.tls = false;
        options.keep_alive = std::chrono::milliseconds{0};
        return options;
    }

    raw_response create(std::string_view body)
    {
        raw_call what{"POST", "/v1/sessions"};
        return exchange(peer, what.with_body(body));
    }
    raw_response create_with_defaults(const std::string& members) { return create("{\"defaults\":{" + members + "}}"); }
    std::string issue(const raw_response& response, const std::string& member, int index = 0)
    {
        return text_at(response, "/error/details/" + std::to_string(index) + "/" + member);
    }

    sandbox service{make_options()};
    raw_peer peer{service.port()};
};

TEST_F(sandbox_validation_test, takes_every_value_that_the_api_lists)
{
    const std::array<std::pair<std::string, std::string_view>, 4> members{
        {{"chain", "solana ethereum polygon arbitrum optimism base near aptos sui cosmos osmosis injective celestia "
                   "sei dydx bitcoin zcash"},
         {"privacyLevel", "standard shielded maximum"},
         {"rpcProvider", "helius quicknode triton generic"},
         {"backend", "sip-native"}}};
    for (const auto& [name, values] : members) {
        for (std::size_t begin = 0; begin < values.size();) {
            const std::size_t end = std::min(values.find(' ', begin), values.size());
            const std::string value{values.substr(begin, end - begin)};
            const raw_response response = create_with_defaults("\"" + name + "\":\"" + value + "\"");
            EXPECT_EQ(response.result_int(), 201U) << name << " " << value;
            EXPECT_EQ(text_at(response, "/data/defaults/" + name), value);
            begin = end + 1;
        }
    }
}

TEST_F(sandbox_validation_test, refuses_values_that_the_api_does_not_list)
{
    for (const std::string member : {"chain", "privacyLevel", "rpcProvider", "backend"}) {
        for (const std::string value : {"\"Solana\"", "\"\"", "null", "7"}) {
            const raw_response response = create_with_defaults("\"" + member + "\":" + value);
            EXPECT_EQ(verdict(response), "400 VALIDATION_ERROR") << member << " " << value;
            EXPECT_EQ(text_at(response, "/error/message"), "Invalid request data");
            EXPECT_EQ(issue(response, "code"), "invalid_value");
            EXPECT_EQ(issue(response, "path"), "[\"defaults\",\"" + member + "\"]");
        }
    }
    EXPECT_EQ(issue(create_with_defaults(R"("privacyLevel":"x")"), "message"),
              R"(Invalid option: expected one of "standard"|"shielded"|"maximum")");
    EXPECT_EQ(issue(create_with_defaults(R"("backend":"x")"), "message"), R"(Invalid input: expected "sip-native")");
}

TEST_F(sandbox_validation_test, a_viewing_key_is_hexadecimal_of_any_length)
{
    const std::string longest = "0x" + std::string(5000, 'A');
    for (const std::string& value : {std::string{"0x0"}, std::string{"0xaBcDeF0123456789"}, longest}) {
        EXPECT_EQ(create_with_defaults("\"defaultViewingKey\":\"" + value + "\"").result_int(), 201U) << value;
    }
    for (const std::string value : {"", "0x", "0X1", "12", "0xg", " 0x1", "0x1 "}) {
        const raw_response response = create_with_defaults("\"defaultViewingKey\":\"" + value + "\"");
        EXPECT_EQ(verdict(response), "400 VALIDATION_ERROR") << value;
        EXPECT_EQ(issue(response, "code"), "invalid_format");
        EXPECT_EQ(issue(response, "path"), R"(["defaults","defaultViewingKey"])");
    }
    EXPECT_EQ(issue(create_with_defaults("\"defaultViewingKey\":null"), "message"),
              "Invalid input: expected string, received null");
}

TEST_F(sandbox_validation_test, a_time_to_live_is_an_integer_in_its_range_and_never_clamped)
{
    for (const std::string good : {"60", "86400", "60.0", "1e3"}) {
        EXPECT_EQ(create("{\"defaults\":{},\"ttlSeconds\":" + good + "}").result_int(), 201U) << good;
    }
    struct bad_value {
        std::string value;
        std::string code;
        std::string message;
    };
    const std::array<bad_value, 8> bad{{
        {"59", "too_small", "Too small: expected number to be >=60"},
        {"0", "too_small", "Too small: expected number to be >=60"},
        {"-3600", "too_small", "Too small: expected number to be >=60"},
        {"86401", "too_big", "Too big: expected number to be <=86400"},
        {"99999999999999999999", "too_big", "Too big: expected int to be <9007199254740991"},
        {"60.5", "invalid_type", "Invalid input: expected int, received number"},
        {"\"60\"", "invalid_type", "Invalid input: expected number, received string"},
        {"null", "invalid_type", "Invalid input: expected number, received null"},
    }};
    for (const auto& [value, code, message] : bad) {
        const raw_response response = create("{\"defaults\":{},\"ttlSeconds\":" + value + "}");
        EXPECT_EQ(verdict(response), "400 VALIDATION_ERROR") << value;
        EXPECT_EQ(issue(response, "path"), R"(["ttlSeconds"])");
        EXPECT_EQ(issue(response, "code"), code) << value;
        EXPECT_EQ(issue(response, "message"), message);
    }
    EXPECT_EQ(service.sessions().size(), 4U);
}

TEST_F(sandbox_validation_test, defaults_must_be_there_but_may_be_empty)
{
    EXPECT_EQ(create(R"({"defaults":{}})").result_int(), 201U);
    for (const std::string body : {"{}", R"({"ttlSeconds":60})", R"({"defaults":null})", R"({"defaults":[]})"}) {
        const raw_response response = create(body);
        EXPECT_EQ(verdict(response), "400 VALIDATION_ERROR") << body;
        EXPECT_EQ(issue(response, "path"), R"(["defaults"])");
    }
    EXPECT_EQ(issue(create("{}"), "message"), "Invalid input: expected object, received undefined");
}

TEST_F(sandbox_validation_test, an_empty_body_is_an_empty_object)
{
    EXPECT_EQ(issue(create(""), "message"), "Invalid input: expected object, received undefined");
    raw_call what{"POST", "/v1/stealth/generate"};
    what.with_body("").under(create_session(peer, R"({"chain":"near"})"));
    const raw_response response = exchange(peer, what);
    EXPECT_EQ(response.result_int(), 200U);
    EXPECT_EQ(text_at(response, "/data/chain"), "near");
}

TEST_F(sandbox_validation_test, all_issues_are_listed)
{
    const raw_response response = create(R"({"ttlSeconds":1,"defaults":{"backend":1,"chain":1}})");
    EXPECT_EQ(issue(response, "path", 0), R"(["defaults","chain"])");
    EXPECT_EQ(issue(response, "path", 1), R"(["defaults","backend"])");
    EXPECT_EQ(issue(response, "path", 2), R"(["ttlSeconds"])");
    EXPECT_EQ(issue(response, "path", 3), "(none)");
}

TEST_F(sandbox_validation_test, unknown_members_are_dropped_silently)
{
    const raw_response response = create(R"({"defaults":{"chian":"near","chain":"sui"},"ttl":5})");
    EXPECT_EQ(response.result_int(), 201U);
    EXPECT_EQ(text_at(response, "/data/defaults"), R"({"chain":"sui"})");
}

TEST_F(sandbox_validation_test, a_null_cannot_unset_a_default)
{
    const std::string id = create_session(peer, R"({"chain":"near"})");
    raw_call what{"PATCH", "/v1/sessions/" + id};
    const raw_response response = exchange(peer, what.with_body(R"({"defaults":{"chain":null}})"));
    EXPECT_EQ(verdict(response), "400 VALIDATION_ERROR");
    EXPECT_EQ(service.sessions().at(0).defaults.chain, sipher::chain::near);
    EXPECT_EQ(service.counters().updated, 0U);
}

TEST_F(sandbox_validation_test, a_body_that_is_not_json_is_refused_as_invalid_json)
{
    for (const std::string body : {"{", "nonsense", "{\"defaults\":{},}", "5", "\"text\"", "\xff"}) {
        EXPECT_EQ(verdict(create(body)), "400 INVALID_JSON") << body;
    }
    EXPECT_EQ(issue(create("[]"), "message"), "Invalid input: expected object, received array");
}

TEST_F(sandbox_validation_test, an_empty_body_that_is_declared_as_json_is_an_empty_object)
{
    const raw_response response = create("");
    EXPECT_EQ(issue(response, "path"), R"(["defaults"])");
    EXPECT_EQ(issue(response, "message"), "Invalid input: expected object, received undefined");
    raw_call use{"POST", "/v1/stealth/generate"};
    EXPECT_EQ(exchange(peer, use.with_body("")).result_int(), 200U);
}

TEST_F(sandbox_validation_test, a_body_that_is_not_declared_as_json_is_no_body)
{
    for (const std::string type : {"", "text/plain", "application/jsonx"}) {
        raw_call what{"POST", "/v1/sessions"};
        what.with_body(R"({"defaults":{}})").content_type = type;
        const raw_response response = exchange(peer, what);
        EXPECT_EQ(verdict(response), "400 VALIDATION_ERROR") << type;
        EXPECT_EQ(issue(response, "path"), "[]");
        EXPECT_EQ(issue(response, "message"), "Invalid input: expected object, received undefined");
    }
    raw_call what{"POST", "/v1/sessions"};
    what.with_body(R"({"defaults":{}})").content_type = "Application/JSON; charset=utf-8";
    EXPECT_EQ(exchange(peer, what).result_int(), 201U);
}

TEST_F(sandbox_validation_test, a_body_above_a_megabyte_is_an_error_of_the_server)
{
    constexpr std::size_t limit = 1024 * 1024;
    const std::string head = R"({"defaults":{},"x":")";
    const std::string tail = "\"}";
    const std::string fits(limit - head.size() - tail.size(), 'x');
    EXPECT_EQ(create(head + fits + tail).result_int(), 201U);
    const raw_response response = create(head + fits + "x" + tail);
    EXPECT_EQ(verdict(response), "500 INTERNAL_SERVER_ERROR");
    EXPECT_EQ(text_at(response, "/error/details"), "request entity too large");
    EXPECT_EQ(create(R"({"defaults":{}})").result_int(), 201U) << "the connection stays usable";
}

TEST_F(sandbox_validation_test, access_comes_before_the_body)
{
    raw_call what{"POST", "/v1/sessions"};
    EXPECT_EQ(verdict(exchange(peer, what.with_key("").with_body("{"))), "401 UNAUTHORIZED");
    EXPECT_EQ(verdict(exchange(peer, what.with_key("sandbox-free-key").with_body("{}"))), "403 TIER_ACCESS_DENIED");
}

} // namespace
