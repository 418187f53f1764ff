#include "http1/rate_limit_fields.hpp"

#include <sipher/testing/manual_clock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;
using field_list = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view date = "Tue, 24 Nov 2026 07:27:00 GMT";

std::string describe(const rate_limit_state& state)
{
    const auto number = [](const auto& value) { return value ? std::to_string(*value) : std::string{"-"}; };
    const auto time = [](const auto& value) { return value ? std::to_string(value->count()) : std::string{"-"}; };
    return number(state.limit) + " " + number(state.remaining) + " " + time(state.reset) + " " + time(state.window);
}

/// `limit remaining reset window` of each policy, `-` for what is not known.
std::string read(const field_list& fields)
{
    static const testing::manual_clock clock;
    rate_limit_fields read_fields;
    for (const auto& [name, value] : fields) {
        read_fields.read(rate_limit_fields::identify(name), value);
    }
    std::string all;
    for (const rate_policy_state& each : read_fields.plausible(date, clock)) {
        all += (all.empty() ? "" : "; ") + describe(each.state);
    }
    return all;
}

/// As above, of a window of 60 s of which nothing remains.
std::string read_reset(const std::string& reset)
{
    return read({{"RateLimit-Policy", "100;w=60"}, {"RateLimit-Remaining", "0"}, {"RateLimit-Reset", reset}});
}

TEST(rate_limit_fields, have_one_number_each)
{
    EXPECT_EQ(read({{"RateLimit-Policy", "100;w=60"},
                    {"RateLimit-Limit", "100"},
                    {"RateLimit-Remaining", "3"},
                    {"ratelimit-reset", "7"}}),
              "100 3 7 60");
    EXPECT_EQ(read({{"RateLimit-Policy", "100;w=60"}}), "100 - - 60");
    EXPECT_EQ(read({{"RateLimit-Other", "1"}, {"RateLimiter", "3"}}), "");
}

TEST(rate_limit_fields, of_draft_7_are_a_dictionary)
{
    EXPECT_EQ(read({{"RateLimit", "limit=100, remaining=3, reset=7"}, {"RateLimit-Policy", "100;w=60"}}), "100 3 7 60");
    EXPECT_EQ(read({{"RateLimit", "limit=100,remaining=3;x=\"a,b\",reset=7"}}), "100 3 7 -");
}

TEST(rate_limit_fields, of_later_drafts_name_their_policies)
{
    EXPECT_EQ(read({{"RateLimit", R"("default";r=3;t=7)"}, {"RateLimit-Policy", R"("default";q=100;w=60)"}}),
              "100 3 7 60");
    EXPECT_EQ(read({{"RateLimit-Policy", R"("100-in-1min"; q=100; w=60; pk=:YzI4Nw==:)"},
                    {"RateLimit", R"("100-in-1min"; r=99; t=60; pk=:YzI4Nw==:)"}}),
              "100 99 60 60");
    EXPECT_EQ(read({{"RateLimit", R"("a;b,c";r=3;t=7)"}, {"RateLimit-Policy", R"("a;b,c";q=100;w=60;note="x;w=1")"}}),
              "100 3 7 60");
}

TEST(rate_limit_fields, have_several_policies_at_a_time)
{
    EXPECT_EQ(read({{"RateLimit-Policy", R"("burst";q=10;w=1, "hour";q=1000;w=3600)"},
                    {"RateLimit", R"("burst";r=4;t=1, "hour";r=80;t=200)"}}),
              "10 4 1 1; 1000 80 200 3600");
    EXPECT_EQ(read({{"RateLimit", R"("burst";r=4;t=1)"}, {"RateLimit", R"("hour";r=80;t=200)"}}),
              "- 4 1 -; - 80 200 -");
    EXPECT_EQ(read({{"RateLimit-Policy", "10;w=1, 1000;w=3600"},
                    {"RateLimit-Limit", "1000"},
                    {"RateLimit-Remaining", "80"},
                    {"RateLimit-Reset", "200"}}),
              "1000 80 200 3600");
    EXPECT_EQ(read({{"RateLimit-Limit", "10, 10;w=1, 1000;w=3600"}, {"RateLimit-Remaining", "4"}}), "10 4 - 1");
    std::string many = R"("p0";r=0)";
    for (int i = 1; i < 9; ++i) {
        many += R"(, "p)" + std::to_string(i) + R"(";r=)" + std::to_string(i);
    }
    EXPECT_EQ(read({{"RateLimit", many}}), "- 0 - -; - 1 - -; - 2 - -; - 3 - -") << "more than anybody has";
}

TEST(rate_limit_fields, parameters_do_not_leak_from_one_member_to_another)
{
    EXPECT_EQ(read({{"RateLimit", R"("d";r=2,3;t=7)"}}), "- 2 - -");
    EXPECT_EQ(read({{"RateLimit", R"("d";r=2, "d";r=1;t=7)"}}), "- 1 7 -");
}

TEST(rate_limit_fields, policies_that_do_not_count_requests_are_passed_over)
{
    EXPECT_EQ(
        read({{"RateLimit", R"("bytes";r=0;t=50, "default";r=9;t=20)"},
              {"RateLimit-Policy", R"("bytes";q=1000;w=60;qu="content-bytes", "default";q=10;w=60;qu="requests")"}}),
        "10 9 20 60");
    EXPECT_EQ(read({{"RateLimit-Policy", R"("c";q=5;qu="concurrent-requests")"}, {"RateLimit", R"("c";r=0;t=50)"}}),
              "");
}

TEST(rate_limit_fields, with_an_x_are_read_where_nothing_else_tells_what_remains)
{
    EXPECT_EQ(read({{"X-RateLimit-Limit", "60"}, {"x-ratelimit-remaining", "0"}, {"X-RateLimit-Reset", "1795505225"}}),
              "60 0 5 -");
    EXPECT_EQ(read({{"X-RateLimit-Remaining", "0"}, {"RateLimit-Remaining", "5"}}), "- 5 - -");
    EXPECT_EQ(read({{"X-RateLimit-Remaining", "0"}, {"RateLimit", R"("d";r=5)"}}), "- 5 - -");
    EXPECT_EQ(read({{"X-RateLimit-Reset", "5"}}), "");
}

TEST(rate_limit_fields, the_end_of_a_window_is_recognised_as_what_it_can_be)
{
    EXPECT_EQ(read_reset("7"), "100 0 7 60");
    EXPECT_EQ(read_reset("0"), "100 0 0 60");
    EXPECT_EQ(read_reset("7.25"), "100 0 8 60");
    EXPECT_EQ(read_reset("7.000"), "100 0 7 60");
    EXPECT_EQ(read_reset("1795505227"), "100 0 7 60") << "Unix time";
    EXPECT_EQ(read_reset("1795505227500"), "100 0 8 60") << "in milliseconds";
    EXPECT_EQ(read_reset("Tue, 24 Nov 2026 07:27:07 GMT"), "100 0 7 60");
    EXPECT_EQ(read_reset("2026-11-24T07:27:07Z"), "100 0 7 60");
    EXPECT_EQ(read_reset("2026-11-24T07:27:07.500Z"), "100 0 7 60");
    EXPECT_EQ(read_reset("7, 7"), "100 0 7 60");
    EXPECT_EQ(read({{"RateLimit", R"("d";r=0;t=@1795505227)"}}), "- 0 7 -");
    EXPECT_EQ(read({{"RateLimit", R"("d";r=0;t=6.5)"}}), "- 0 7 -");
}

TEST(rate_limit_fields, no_window_ends_later_than_its_length)
{
    EXPECT_EQ(read_reset("3600"), "100 0 60 60");
    EXPECT_EQ(read_reset("1795509999"), "100 0 60 60");
    EXPECT_EQ(read_reset("Tue, 24 Nov 2099 07:27:07 GMT"), "100 0 60 60");
    EXPECT_EQ(read_reset("Tue, 24 Nov 1999 07:27:07 GMT"), "100 0 0 60");
    EXPECT_EQ(read({{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "86400"}}), "- 0 86400 -") << "a day can be";
    EXPECT_EQ(read({{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "5000000"}}), "- 0 - -");
    EXPECT_EQ(read({{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "1995505227"}}), "- 0 - -");
}

TEST(rate_limit_fields, implausible_values_are_passed_over)
{
    EXPECT_EQ(read({{"RateLimit-Limit", "0"}, {"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "60"}}), "");
    EXPECT_EQ(read({{"RateLimit-Limit", "10"}, {"RateLimit-Remaining", "4294967295"}}), "10 10 - -");
    EXPECT_EQ(read({{"RateLimit-Remaining", "1"}, {"RateLimit-Policy", "100;w=0"}}), "100 1 - -");
    EXPECT_EQ(read({{"RateLimit-Remaining", "1"}, {"RateLimit-Policy", "100;w=99999999"}}), "100 1 - -");
    EXPECT_EQ(read_reset("-5"), "100 0 - 60");
    EXPECT_EQ(read_reset("99999999999999999999"), "100 0 - 60");
    EXPECT_EQ(read_reset("500000000"), "100 0 - 60") << "neither a duration nor a time of this century";
    EXPECT_EQ(read_reset("soon"), "100 0 - 60");
    EXPECT_EQ(read_reset("7."), "100 0 - 60");
    EXPECT_EQ(read_reset("7, 8"), "100 0 - 60");
}

TEST(rate_limit_fields, malformed_or_repeated_fields_are_passed_over)
{
    EXPECT_EQ(read({{"RateLimit-Remaining", "-1"}, {"RateLimit-Reset", "99999999999"}, {"RateLimit-Limit", "1e3"}}),
              "");
    EXPECT_EQ(read({{"RateLimit-Remaining", ""}, {"RateLimit-Reset", "7.5"}}), "");
    EXPECT_EQ(read({{"RateLimit-Remaining", "5"}, {"RateLimit-Remaining", "3"}}), "- 5 - -");
    EXPECT_EQ(read({{"RateLimit-Remaining", "0, 0"}}), "- 0 - -");
    EXPECT_EQ(read({{"RateLimit-Remaining", "0, 5"}}), "");
    EXPECT_EQ(read({{"RateLimit", ";;=,=3,r=,t"}, {"RateLimit-Policy", "w=;q"}}), "");
    EXPECT_EQ(read({{"RateLimit", R"("d";r=0;t=9, "e)"}}), "") << "all of a field, or nothing";
    EXPECT_EQ(read({{"RateLimit", R"("d";r=-1;t=9)"}}), "");
}

TEST(rate_limit_fields, the_tightest_policy_is_the_one_that_stops_requests_first)
{
    static const testing::manual_clock clock;
    rate_limit_fields fields;
    EXPECT_EQ(describe(tightest(fields.plausible(date, clock))), "- - - -");
    fields.read(rate_limit_fields::identify("RateLimit"), R"("a";r=4;t=1, "b";r=0;t=20, "c";r=0;t=200)");
    EXPECT_EQ(describe(tightest(fields.plausible(date, clock))), "- 0 200 -");
    fields.clear();
    fields.read(rate_limit_fields::identify("RateLimit"), R"("a";r=4;t=1, "b";r=3;t=20)");
    EXPECT_EQ(describe(tightest(fields.plausible(date, clock))), "- 3 20 -");
}

} // namespace
} // namespace sipher::detail
