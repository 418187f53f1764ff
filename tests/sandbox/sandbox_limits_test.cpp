#include "support/raw_call.hpp"
#include "support/raw_peer.hpp"

#include <sipher/testing/manual_clock.hpp>
#include <sipher/testing/sandbox.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace sipher::test;
using sipher::testing::manual_clock;
using sipher::testing::sandbox;
using sipher::testing::sandbox_key;
using sipher::testing::sandbox_options;
using sipher::testing::tier;

class sandbox_limits_test : public testing::Test {
protected:
    sandbox_options make_options()
    {
        sandbox_options options;
        options.tls = false;
        options.keep_alive = 0ms;
        options.clock = time;
        return options;
    }

    const std::shared_ptr<manual_clock> time = std::make_shared<manual_clock>();
    const std::string missing = "/v1/sessions/sess_" + std::string(64, '0');
};

std::string header(const raw_response& response, std::string_view name)
{
    const auto found = response.find(name);
    return found == response.end() ? "(none)" : std::string{found->value()};
}

TEST_F(sandbox_limits_test, without_a_limit_nothing_is_said_of_one)
{
    sandbox service{make_options()};
    raw_peer peer{service.port()};
    const raw_response response = exchange(peer, {"GET", missing});
    for (const std::string name : {"RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}) {
        EXPECT_EQ(header(response, name), "(none)");
    }
}

TEST_F(sandbox_limits_test, every_response_states_the_limit)
{
    sandbox_options options = make_options();
    options.rate_limit = 100;
    sandbox service{options};
    raw_peer peer{service.port()};
    raw_call unauthorised{"GET", missing};
    raw_response response = exchange(peer, unauthorised.with_key(""));
    EXPECT_EQ(verdict(response), "401 UNAUTHORIZED");
    EXPECT_EQ(header(response, "RateLimit-Policy"), "100;w=60");
    EXPECT_EQ(header(response, "RateLimit-Limit"), "100");
    EXPECT_EQ(header(response, "RateLimit-Remaining"), "99");
    EXPECT_EQ(header(response, "RateLimit-Reset"), "60");
    time->advance(59s + 500ms);
    response = exchange(peer, {"GET", missing});
    EXPECT_EQ(header(response, "RateLimit-Remaining"), "98");
    EXPECT_EQ(header(response, "RateLimit-Reset"), "1");
}

TEST_F(sandbox_limits_test, health_is_outside_the_limit)
{
    sandbox_options options = make_options();
    options.rate_limit = 1;
    sandbox service{options};
    raw_peer peer{service.port()};
    EXPECT_EQ(exchange(peer, {"GET", missing}).result_int(), 404U);
    EXPECT_EQ(exchange(peer, {"GET", missing}).result_int(), 429U);
    const raw_response response = exchange(peer, {"GET", "/v1/health"});
    EXPECT_EQ(response.result_int(), 200U);
    EXPECT_EQ(header(response, "RateLimit-Limit"), "(none)");
}

TEST_F(sandbox_limits_test, over_the_limit_nothing_is_processed_until_the_window_ends)
{
    sandbox_options options = make_options();
    options.rate_limit = 3;
    options.rate_window = 10s;
    sandbox service{options};
    raw_peer first{service.port()};
    raw_peer second{service.port()};
    create_session(first);
    create_session(second);
    raw_call unknown_key{"GET", missing};
    EXPECT_EQ(exchange(first, unknown_key.with_key("x")).result_int(), 401U) << "counted before authentication";
    time->advance(4s);
    raw_call create{"POST", "/v1/sessions"};
    const raw_response response = exchange(second, create.with_body(R"({"defaults":{}})"));
    EXPECT_EQ(verdict(response), "429 RATE_LIMIT_EXCEEDED");
    EXPECT_EQ(header(response, "Retry-After"), "6");
    EXPECT_EQ(header(response, "RateLimit-Remaining"), "0");
    EXPECT_EQ(text_at(response, "/error/details"), R"({"retryAfter":10,"limit":3})") << "the whole window";
    EXPECT_EQ(service.counters().created, 2U);
    EXPECT_FALSE(service.ledger().back().applied);
    time->advance(6s);
    EXPECT_EQ(exchange(second, create).result_int(), 201U);
}

TEST_F(sandbox_limits_test, a_daily_quota_names_the_midnight_at_which_it_ends)
{
    sandbox_options options = make_options();
    sandbox_key limited{"limited", tier::pro};
    limited.daily_quota = 2;
    options.keys = {limited, sandbox_key{"free of it", tier::enterprise}};
    sandbox service{options};
    raw_peer peer{service.port()};
    raw_call missed{"GET", missing};
    EXPECT_EQ(exchange(peer, missed.with_key("limited")).result_int(), 404U) << "what fails does not count";
    raw_call get{"POST", "/v1/sessions"};
    get.with_body(R"({"defaults":{}})").with_key("limited");
    EXPECT_EQ(exchange(peer, get).result_int(), 201U);
    EXPECT_EQ(exchange(peer, get).result_int(), 201U);
    const raw_response response = exchange(peer, get);
    EXPECT_EQ(verdict(response), "429 DAILY_QUOTA_EXCEEDED");
    EXPECT_EQ(header(response, "Retry-After"), "(none)");
    EXPECT_EQ(text_at(response, "/error/details"),
              R"({"category":"session","current":2,"limit":2,"resetAt":"2026-11-24T00:00:00.000Z","tier":"pro"})");
    raw_call other{"GET", missing};
    EXPECT_EQ(exchange(peer, other.with_key("free of it")).result_int(), 404U);
    raw_call generate{"POST", "/v1/stealth/generate"};
    EXPECT_EQ(exchange(peer, generate.with_body("{}").with_key("limited")).result_int(), 200U) << "another category";
    time->advance(4h - 1ms);
    EXPECT_EQ(exchange(peer, get).result_int(), 429U);
    time->advance(1ms);
    EXPECT_EQ(exchange(peer, get).result_int(), 201U);
}

TEST_F(sandbox_limits_test, a_total_quota_holds_for_all_categories)
{
    sandbox_options options = make_options();
    sandbox_key limited{"limited", tier::pro};
    limited.daily_quota = 2;
    limited.daily_total = 3;
    options.keys = {limited};
    sandbox service{options};
    raw_peer peer{service.port()};
    raw_call generate{"POST", "/v1/stealth/generate"};
    generate.with_body("{}").with_key("limited");
    raw_call create{"POST", "/v1/sessions"};
    create.with_body(R"({"defaults":{}})").with_key("limited");
    EXPECT_EQ(exchange(peer, generate).result_int(), 200U);
    EXPECT_EQ(exchange(peer, generate).result_int(), 200U);
    EXPECT_EQ(exchange(peer, generate).result_int(), 429U);
    EXPECT_EQ(exchange(peer, create).result_int(), 201U);
    EXPECT_EQ(exchange(peer, create).result_int(), 429U);
}

TEST_F(sandbox_limits_test, the_usage_is_reported_and_not_metered)
{
    sandbox_options options = make_options();
    sandbox_key limited{"limited", tier::pro};
    limited.daily_quota = 2000;
    limited.daily_total = 10'000;
    options.keys = {limited};
    sandbox service{options};
    raw_peer peer{service.port()};
    raw_call generate{"POST", "/v1/stealth/generate"};
    EXPECT_EQ(exchange(peer, generate.with_body("{}").with_key("limited")).result_int(), 200U);
    raw_call ask{"GET", "/v1/billing/usage"};
    EXPECT_EQ(exchange(peer, ask).result_int(), 401U);
    ask.with_key("limited");
    static_cast<void>(exchange(peer, ask));
    const raw_response response = exchange(peer, ask);
    EXPECT_EQ(text_at(response, "/data/date"), "2026-11-23");
    EXPECT_EQ(text_at(response, "/data/tier"), "pro");
    EXPECT_EQ(text_at(response, "/data/total"), "1");
    EXPECT_EQ(text_at(response, "/data/quotaTotal"), "10000");
    EXPECT_EQ(text_at(response, "/data/categories/stealth"), R"({"count":1,"quota":2000})");
    EXPECT_EQ(text_at(response, "/data/categories/session"), R"({"count":0,"quota":2000})");
}

TEST_F(sandbox_limits_test, a_service_that_shuts_down_declines_before_anything_else)
{
    sandbox_options options = make_options();
    options.rate_limit = 100;
    sandbox service{options};
    raw_peer peer{service.port()};
    service.set_shutting_down(true);
    raw_call create{"POST", "/v1/sessions"};
    create.with_body(R"({"defaults":{}})").with_header("X-Request-ID", "me");
    const raw_response response = exchange(peer, create);
    EXPECT_EQ(verdict(response), "503 SERVICE_UNAVAILABLE");
    EXPECT_EQ(header(response, "Connection"), "keep-alive");
    EXPECT_EQ(header(response, "X-Request-ID"), "(none)");
    EXPECT_EQ(header(response, "RateLimit-Limit"), "(none)");
    EXPECT_EQ(service.counters().created, 0U);
    service.set_shutting_down(false);
    EXPECT_EQ(exchange(peer, create).result_int(), 201U);
}

TEST_F(sandbox_limits_test, health_of_a_service_that_shuts_down_has_data_and_no_error)
{
    sandbox service{make_options()};
    service.set_shutting_down(true);
    raw_peer peer{service.port()};
    const raw_response response = exchange(peer, {"GET", "/v1/health"});
    EXPECT_EQ(response.result_int(), 503U);
    EXPECT_EQ(text_at(response, "/success"), "false");
    EXPECT_EQ(text_at(response, "/data/status"), "shutting_down");
    EXPECT_EQ(text_at(response, "/error"), "(none)");
}

TEST_F(sandbox_limits_test, a_restart_forgets_all_but_the_port_the_ledger_and_the_counters)
{
    sandbox_options options = make_options();
    options.rate_limit = 1;
    sandbox service{options};
    const auto port = service.port();
    raw_peer before{port};
    const std::string id = create_session(before);
    service.add_fault(sipher::testing::fault::drop_request());
    service.restart();
    EXPECT_EQ(service.counters().open_connections, 0U);
    EXPECT_TRUE(service.sessions().empty());
    EXPECT_EQ(before.read_to_end(), "");
    raw_peer after{port};
    EXPECT_EQ(verdict(exchange(after, {"GET", "/v1/sessions/" + id})), "404 SESSION_NOT_FOUND");
    EXPECT_EQ(service.counters().created, 1U);
    EXPECT_EQ(service.ledger().size(), 2U);
}

} // namespace
