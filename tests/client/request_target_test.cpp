#include <sipher/error.hpp>
#include <sipher/request_target.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace sipher {
namespace {

TEST(request_target, a_path_stays_as_it_is)
{
    EXPECT_EQ(request_target{"/v1/payments"}.str(), "/v1/payments");
    EXPECT_EQ(request_target{"/v1/a%20b?x=1"}.str(), "/v1/a%20b?x=1");
}

TEST(request_target, segments_and_query_are_encoded)
{
    EXPECT_EQ(request_target{"/v1"}.segment("a b/c?d#e%").str(), "/v1/a%20b%2Fc%3Fd%23e%25");
    EXPECT_EQ(request_target{"/v1"}.segment("ü").str(), "/v1/%C3%BC");
    EXPECT_EQ(request_target{"/v1"}.query("q", "a&b=c+d").query("limit", 20).query("all", true).str(),
              "/v1?q=a%26b%3Dc%2Bd&limit=20&all=true");
    EXPECT_EQ(request_target{"/v1"}.query("x\r\n", "\0").str(), "/v1?x%0D%0A=");
}

TEST(request_target, a_query_takes_any_integer)
{
    const std::string text = "four";
    EXPECT_EQ(
        request_target{"/"}.query("size", text.size()).query("low", std::numeric_limits<std::int64_t>::min()).str(),
        "/?size=4&low=-9223372036854775808");
    EXPECT_EQ(request_target{"/"}.query("high", std::numeric_limits<std::uint64_t>::max()).query("no", false).str(),
              "/?high=18446744073709551615&no=false");
}

TEST(request_target, a_segment_cannot_lead_elsewhere)
{
    for (const char* text : {"", ".", ".."}) {
        EXPECT_THROW(request_target{"/v1/payments"}.segment(text), error) << text;
    }
    EXPECT_EQ(request_target{"/v1"}.segment("...").str(), "/v1/...");
}

TEST(request_target, the_order_of_the_parts_does_not_matter)
{
    EXPECT_EQ(request_target{"/v1?x=1"}.segment("a").query("y", "2").segment("b").str(), "/v1/a/b?x=1&y=2");
}

TEST(request_target, it_is_what_a_request_takes)
{
    const std::string taken = request_target{"/v1"}.segment("-._~09azAZ");
    EXPECT_EQ(taken, "/v1/-._~09azAZ");
}

} // namespace
} // namespace sipher
