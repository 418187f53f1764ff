#include <sipher/response_info.hpp>
#include <sipher/verb.hpp>

#include <gtest/gtest.h>

namespace {

TEST(response_info, finds_a_header_in_any_case)
{
    sipher::response_info info;
    info.headers = {{"Content-Type", "text/html"}, {"X-Twice", "first"}, {"x-twice", "second"}, {"X-Empty", ""}};
    EXPECT_EQ(info.header("content-TYPE"), "text/html");
    EXPECT_EQ(info.header("X-TWICE"), "first");
    EXPECT_EQ(info.header("X-Empty"), "");
    EXPECT_EQ(info.header("Content"), "");
    EXPECT_EQ(info.header("Content-Type2"), "");
    EXPECT_EQ(info.header(""), "");
}

TEST(verb, to_string_is_the_http_method)
{
    EXPECT_STREQ(to_string(sipher::verb::get), "GET");
    EXPECT_STREQ(to_string(sipher::verb::head), "HEAD");
    EXPECT_STREQ(to_string(sipher::verb::post), "POST");
    EXPECT_STREQ(to_string(sipher::verb::put), "PUT");
    EXPECT_STREQ(to_string(sipher::verb::patch), "PATCH");
    EXPECT_STREQ(to_string(sipher::verb::delete_), "DELETE");
}

} // namespace
