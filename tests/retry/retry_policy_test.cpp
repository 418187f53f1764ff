#include "retry/backoff.hpp"
#include "retry/retry_after.hpp"
#include "retry/retry_budget.hpp"
#include "runtime/random_source.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr clock::wall_time noon{milliseconds{784'111'777'000}}; // 1994-11-06T08:49:37Z

TEST(next_delay, bound_doubles_up_to_the_maximum)
{
    const retry_options options;
    constexpr double nearly_one = 1.0;
    EXPECT_EQ(next_delay(options, 1, false, {}, nearly_one), 100ms);
    EXPECT_EQ(next_delay(options, 2, false, {}, nearly_one), 200ms);
    EXPECT_EQ(next_delay(options, 5, false, {}, nearly_one), 1600ms);
    EXPECT_EQ(next_delay(options, 7, false, {}, nearly_one), 5s);
    EXPECT_EQ(next_delay(options, 4'000'000'000U, false, {}, nearly_one), 5s);
    EXPECT_EQ(next_delay(options, 3, false, {}, 0.0), 0ms);
}

TEST(next_delay, a_throttled_service_is_given_more_time)
{
    EXPECT_EQ(next_delay({}, 1, true, {}, 0.5), 500ms);
    EXPECT_EQ(next_delay({}, 2, true, {}, 0.5), 1s);
}

TEST(next_delay, retry_after_is_never_shortened)
{
    EXPECT_EQ(next_delay({}, 1, true, 60s, 0.0), 60s);
    EXPECT_EQ(next_delay({}, 1, true, 60s, 0.5), 60s + 500ms);
    EXPECT_EQ(next_delay({}, 1, true, 2s, 0.5), 2s + 100ms);
}

TEST(next_delay, a_zero_base_does_not_wait)
{
    retry_options options;
    options.base_delay = 0ms;
    EXPECT_EQ(next_delay(options, 3, false, {}, 0.9), 0ms);
}

TEST(random_source, is_uniformly_distributed)
{
    random_source random{7};
    constexpr int samples = 100'000;
    std::vector<double> drawn(samples);
    std::generate(drawn.begin(), drawn.end(), [&] { return random.unit(); });
    std::sort(drawn.begin(), drawn.end());
    double distance = 0;
    double expected = 0;
    for (const double each : drawn) {
        distance = std::max(distance, std::abs(each - expected));
        expected += 1.0 / samples;
    }
    // Kolmogorov and Smirnov's bound for one in a thousand.
    EXPECT_LT(distance, 1.95 / std::sqrt(double{samples}));
    EXPECT_GE(drawn.front(), 0.0);
    EXPECT_LT(drawn.back(), 1.0);
}

TEST(random_source, a_seed_reproduces_and_two_clients_differ)
{
    EXPECT_EQ(random_source{42}.bits(), random_source{42}.bits());
    EXPECT_NE(random_source{0}.bits(), random_source{0}.bits());
}

TEST(http_date, has_three_forms)
{
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), noon);
    EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), noon);
    EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), noon);
}

TEST(http_date, anything_else_is_rejected)
{
    for (const char* text : {"", "0", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                             "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT x", "06 Nov 1994", ", "}) {
        EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
    }
}

TEST(utc_time, is_as_the_service_writes_it)
{
    EXPECT_EQ(parse_utc_time("1994-11-06T08:49:37.000Z"), noon);
    EXPECT_EQ(parse_utc_time("1994-11-06T08:49:37Z"), noon);
    for (const char* text : {"", "1994-11-06", "1994-13-06T08:49:37Z", "1994-11-06T08:49:37+01:00",
                             "1994-11-06T08:49:37.Z", "1994-11-06T08:49:37Z "}) {
        EXPECT_EQ(parse_utc_time(text), std::nullopt) << text;
    }
}

TEST(time_until_renewal, is_until_midnight_unless_the_details_say_otherwise)
{
    const auto until = [](const char* details) { return time_until_renewal(boost::json::parse(details), "", noon); };
    EXPECT_EQ(until(R"({"resetAt":"1994-11-06T10:49:37.000Z"})"), 2h);
    constexpr auto midnight = 15h + 10min + 23s;
    for (const char* details : {"null", "{}", R"({"resetAt":7})", R"({"resetAt":"1994-11-07T00:00:00+00:00"})",
                                R"({"resetAt":"1994-11-07T00:00Z"})"}) {
        EXPECT_EQ(until(details), midnight) << details;
    }
    EXPECT_EQ(until(R"({"resetAt":"1994-11-06T08:49:37Z"})"), std::nullopt) << "it has been renewed";
}

TEST(retry_after, is_seconds_or_a_date_relative_to_the_response)
{
    EXPECT_EQ(parse_retry_after("0", "", noon), 0ms);
    EXPECT_EQ(parse_retry_after("60", "", noon), 60s);
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:47 GMT", "", noon), 10s);
    // Our own clock is an hour off, which does not matter.
    EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:49:47 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", noon + 1h), 10s);
}

TEST(retry_after, is_honoured_however_long_it_is)
{
    EXPECT_EQ(parse_retry_after("86401", "", noon), 86401s);
    EXPECT_EQ(parse_retry_after("4294967296", "", noon), 4294967296s);
    EXPECT_EQ(parse_retry_after("Mon, 07 Nov 1994 08:49:38 GMT", "", noon), 86401s);
    for (const char* text : {"99999999999999999999", "9223372036854775807", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
        const auto longest = parse_retry_after(text, "", noon);
        ASSERT_TRUE(longest) << text;
        EXPECT_GE(*longest, std::chrono::years{200}) << text;
        EXPECT_GT(std::chrono::nanoseconds{*longest}.count(), 0) << text;
    }
}

TEST(retry_after, malformed_and_past_values_are_ignored)
{
    for (const char* text : {"", "-1", "+1", "1.5", "soon", "1 2", "Sun, 06 Nov 1994 08:49:36 GMT"}) {
        EXPECT_EQ(parse_retry_after(text, "", noon), std::nullopt) << text;
    }
}

TEST(retry_budget, ends_and_is_earned_again)
{
    retry_budget budget{50};
    int granted = 0;
    while (budget.withdraw(5)) {
        ++granted;
    }
    EXPECT_EQ(granted, 10);
    for (int i = 0; i < 5; ++i) {
        EXPECT_FALSE(budget.withdraw(5));
        budget.deposit(1);
    }
    EXPECT_TRUE(budget.withdraw(5));
    EXPECT_FALSE(budget.withdraw(1));
}

TEST(retry_budget, is_never_more_than_its_capacity)
{
    retry_budget budget{10};
    budget.deposit(1'000);
    EXPECT_TRUE(budget.withdraw(10));
    EXPECT_FALSE(budget.withdraw(1));
}

TEST(retry_budget, zero_capacity_is_unlimited)
{
    retry_budget budget{0};
    EXPECT_TRUE(budget.withdraw(1'000'000));
}

} // namespace
} // namespace sipher::detail
