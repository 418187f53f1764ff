// The key's quota of requests a day: what the client knows of it, and what it does about it.
#include "support/client_fixture.hpp"

#include <boost/asio/detached.hpp>
#include <boost/json/object.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace json = boost::json;

class quota_watch final : public observer {
public:
    void on_quota(const quota_event& event) override
    {
        events.push_back(std::string{event.category} + " " + std::to_string(event.threshold) + " % " +
                         std::to_string(event.used) + "/" + std::to_string(event.quota));
    }

    std::vector<std::string> events;
};

class daily_quota : public client_test {
protected:
    daily_quota()
    {
        testing::sandbox_key key{"limited", testing::tier::pro};
        key.daily_quota = 20;
        key.daily_total = 100;
        sandbox_options.keys = {key};
        options.api_key = secret{"limited"};
        options.daily_quota.reserve = 10;
        options.observer = watch;
    }

    /// The clock's day began 20 h ago.
    static constexpr auto until_midnight = 4h;

    json::value generate() { return run(client().request(verb::post, "/v1/stealth/generate", json::object{})); }
    error refused_generate()
    {
        return failure_of(client().request(verb::post, "/v1/stealth/generate", json::object{}));
    }

    const std::shared_ptr<quota_watch> watch = std::make_shared<quota_watch>();
};

TEST_F(daily_quota, the_usage_is_typed)
{
    create();
    generate();
    generate();
    const usage current = run(client().usage());
    EXPECT_EQ(current.date, (std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}));
    EXPECT_EQ(current.tier, "pro");
    EXPECT_EQ(current.total.count, 3U);
    EXPECT_EQ(current.total.quota, 100U);
    EXPECT_EQ(current.categories.at("session").count, 1U);
    EXPECT_EQ(current.categories.at("stealth").left(), 18U);
}

TEST_F(daily_quota, an_unreadable_usage_is_reported)
{
    sandbox().add_fault(testing::fault::respond(200, R"({"success":true,"data":{"date":"today"}})"));
    const error failure = failure_of(client().usage());
    EXPECT_EQ(failure.code(), errc::bad_payload);
    EXPECT_EQ(failure.operation(), "usage");
    EXPECT_NE(failure.message().find("data.date"), std::string::npos) << failure.message();
    EXPECT_EQ(failure.status(), 200U);
}

TEST_F(daily_quota, after_a_refusal_nothing_of_that_category_is_sent_before_it_is_renewed)
{
    for (int i = 0; i < 20; ++i) {
        generate();
    }
    EXPECT_EQ(refused_generate().service_code(), "DAILY_QUOTA_EXCEEDED");
    new_requests();
    for (int i = 0; i < 100; ++i) {
        const error failure = refused_generate();
        EXPECT_EQ(failure.code(), errc::quota_exhausted);
        EXPECT_EQ(failure.code(), condition::rate_limited);
        EXPECT_EQ(failure.outcome(), outcome::not_sent);
        EXPECT_EQ(failure.retry_after(), until_midnight);
    }
    EXPECT_EQ(new_requests(), 0U);
    const error failure = refused_generate();
    EXPECT_EQ(failure.message(),
              "the key's quota of 20 requests a day for stealth has 0 left; it is renewed in 4 h 0 min");
    EXPECT_EQ(client().stats().rate_gate.closed_for, 0ns) << "others are not concerned";
    create();
    clock->advance(until_midnight - 31s);
    EXPECT_EQ(refused_generate().code(), errc::quota_exhausted);
    clock->advance(31s);
    generate();
}

TEST_F(daily_quota, a_reserve_is_kept_for_deletes)
{
    const session one = create();
    const session other = create();
    run(client().usage());
    for (int i = 0; i < 16; ++i) {
        run(client().get_session(one.id));
    }
    const error failure = failure_of(client().get_session(one.id));
    EXPECT_EQ(failure.code(), errc::quota_exhausted);
    EXPECT_EQ(failure.message(), "the key's quota of 20 requests a day for session has 2 left, kept for deletes and "
                                 "renewals; it is renewed in 4 h 0 min");
    run(client().delete_session(one.id));
    run(client().delete_session(other.id));
    new_requests();
    const error last = failure_of(client().delete_session(other.id));
    EXPECT_EQ(last.code(), errc::quota_exhausted) << "nothing is left at all";
    EXPECT_EQ(new_requests(), 0U);
}

TEST_F(daily_quota, the_observer_is_notified_before_it_is_exhausted)
{
    options.daily_quota.reserve = 0;
    run(client().usage());
    for (int i = 0; i < 20; ++i) {
        generate();
    }
    EXPECT_EQ(watch->events,
              (std::vector<std::string>{"stealth 80 % 16/20", "stealth 95 % 19/20", "stealth 100 % 20/20"}));
    clock->advance(until_midnight);
    generate();
    for (int i = 0; i < 15; ++i) {
        generate();
    }
    EXPECT_EQ(watch->events.size(), 4U) << "a new day";
}

TEST_F(daily_quota, failed_requests_do_not_count)
{
    options.daily_quota.reserve = 0;
    run(client().usage());
    const session_id nobodys{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(failure_of(client().get_session(nobodys)).status(), 404U);
    }
    const session mine = create();
    for (int i = 0; i < 19; ++i) {
        run(client().get_session(mine.id));
    }
    EXPECT_EQ(failure_of(client().get_session(mine.id)).code(), errc::quota_exhausted);
}

TEST_F(daily_quota, the_usage_corrects_what_others_with_the_same_key_have_used)
{
    options.daily_quota.reserve = 0;
    run(client().usage());
    {
        sipher::client another{context, options};
        for (int i = 0; i < 15; ++i) {
            run(another.request(verb::post, "/v1/stealth/generate", json::object{}));
        }
    }
    run(client().usage());
    for (int i = 0; i < 5; ++i) {
        generate();
    }
    new_requests();
    EXPECT_EQ(refused_generate().code(), errc::quota_exhausted);
    EXPECT_EQ(new_requests(), 0U);
}

TEST_F(daily_quota, can_be_spread_over_the_day)
{
    options.daily_quota.reserve = 0;
    options.rate_pacing = rate_pacing::day;
    options.timeouts.total = {};
    run(client().usage());
    std::size_t done = 0;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(context, client().request(verb::post, "/v1/stealth/generate", json::object{}),
                       [&done](const std::exception_ptr& failed, const json::value&) { done += failed ? 0 : 1; });
    }
    settle();
    EXPECT_EQ(done, 1U);
    std::size_t halfway = 0;
    for (auto passed = 0min; passed < until_midnight; passed += 1min) {
        clock->advance(1min);
        settle();
        halfway = passed < until_midnight / 2 ? done : halfway;
    }
    EXPECT_GE(halfway, 8U);
    EXPECT_LE(halfway, 13U);
    EXPECT_EQ(done, 20U);
}

TEST_F(daily_quota, a_call_that_is_spread_beyond_its_time_fails_at_once)
{
    options.daily_quota.reserve = 0;
    options.rate_pacing = rate_pacing::day;
    run(client().usage());
    generate();
    const error failure = refused_generate();
    EXPECT_EQ(failure.code(), errc::quota_exhausted);
    EXPECT_NE(failure.message().find("19 left; spread over the day"), std::string::npos) << failure.message();
    EXPECT_EQ(failure.outcome(), outcome::not_sent);
}

} // namespace
} // namespace sipher::test
