#include "model/decode_usage.hpp"
#include "model/quota_category.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace sipher::detail {
namespace {

namespace json = boost::json;

TEST(quota_category, follows_from_the_path)
{
    using enum quota_category;
    EXPECT_EQ(quota_category_of("/v1/sessions"), session);
    EXPECT_EQ(quota_category_of("/v1/sessions?x=1"), session);
    EXPECT_EQ(quota_category_of("/v1/sessions/sess_00"), session);
    EXPECT_EQ(quota_category_of("/v1/stealth/generate"), stealth);
    EXPECT_EQ(quota_category_of("/v1/commitment/create"), commitment);
    EXPECT_EQ(quota_category_of("/v1/transfer/shield"), transfer);
    EXPECT_EQ(quota_category_of("/v1/cspl/wrap"), transfer);
    EXPECT_EQ(quota_category_of("/v1/scan/payments"), scan);
    EXPECT_EQ(quota_category_of("/v1/viewing-key/disclose"), viewing_key);
    EXPECT_EQ(quota_category_of("/v1/privacy/score"), privacy);
    EXPECT_EQ(quota_category_of("/v1/swap/private"), swap);
    EXPECT_EQ(quota_category_of("/v1/governance/vote"), governance);
    EXPECT_EQ(quota_category_of("/v1/compliance/report"), compliance);
    EXPECT_EQ(quota_category_of("/v1/jito/relay"), jito);
    EXPECT_EQ(quota_category_of("/v1/backends"), compute);
    EXPECT_EQ(quota_category_of("/v1/backends/select"), compute);
}

TEST(quota_category, other_paths_are_not_metered)
{
    for (const char* const path :
         {"/v1/health", "/v1/billing/usage", "/v1/sessionsx", "/v1/stealth", "/", "", "/x/v1/sessions", "/v1/echo"}) {
        EXPECT_EQ(quota_category_of(path), std::nullopt) << path;
    }
}

TEST(quota_category, has_a_name)
{
    for (const std::string_view name : quota_category_names) {
        const auto found = quota_category_named(name);
        ASSERT_TRUE(found);
        EXPECT_EQ(to_string(*found), name);
    }
    EXPECT_EQ(quota_category_named("nothing"), std::nullopt);
}

decoded<usage> decode(std::string_view text)
{
    return decode_usage(json::parse(text), "data");
}

TEST(usage, has_the_whole_and_its_parts)
{
    const auto parsed = decode(R"({"date":"2026-11-25","tier":"pro","total":7,"quotaTotal":10000,"new":1,
        "categories":{"session":{"count":5,"quota":2000,"more":null},"odd":{"count":2,"quota":1}}})");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->date, std::chrono::sys_days{std::chrono::year{2026} / 11 / 25});
    EXPECT_EQ(parsed->tier, "pro");
    EXPECT_EQ(parsed->total.count, 7U);
    EXPECT_EQ(parsed->total.left(), 9993U);
    EXPECT_EQ(parsed->categories.at("session").quota, 2000U);
    EXPECT_EQ(parsed->categories.at("odd").left(), 0U) << "more than is allowed";
}

TEST(usage, that_cannot_be_read_names_the_member)
{
    const auto message = [](std::string_view text) {
        const auto parsed = decode(text);
        return parsed ? "none" : parsed.error().to_string();
    };
    EXPECT_EQ(message("7"), "data: expected an object");
    EXPECT_EQ(message("{}"), "data.date: expected a date such as 2026-11-25");
    EXPECT_EQ(message(R"({"date":"yesterday"})"), "data.date: expected a date such as 2026-11-25");
    EXPECT_EQ(message(R"({"date":"2026-11-25","total":1})"), "data.quotaTotal: expected a number of requests");
    EXPECT_EQ(message(R"({"date":"2026-11-25","total":-1,"quotaTotal":1})"),
              "data.total: expected a number of requests");
    EXPECT_EQ(message(R"({"date":"2026-11-25","total":1,"quotaTotal":1})"), "data.categories: expected an object");
    EXPECT_EQ(message(R"({"date":"2026-11-25","total":1,"quotaTotal":1,"categories":{"scan":3}})"),
              "data.categories.scan: expected an object");
    EXPECT_EQ(
        message(R"({"date":"2026-11-25","total":1,"quotaTotal":1,"categories":{"scan":{"count":1.5,"quota":2}}})"),
        "data.categories.scan.count: expected a number of requests");
}

TEST(quota_refusal, is_read_from_its_details)
{
    const quota_refusal parsed = read_quota_refusal(json::parse(R"({"category":"scan","limit":50,"current":50})"));
    EXPECT_EQ(parsed.category, quota_category::scan);
    EXPECT_EQ(parsed.limit, 50U);
    for (const char* const text : {"null", "[]", R"({"category":3,"limit":"x"})", R"({"category":"new","limit":-1})"}) {
        const quota_refusal nothing = read_quota_refusal(json::parse(text));
        EXPECT_EQ(nothing.category, std::nullopt);
        EXPECT_EQ(nothing.limit, 0U);
    }
}

} // namespace
} // namespace sipher::detail
