#include "ratelimit/quota_sharing.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;

TEST(quota_sharing, a_lone_client_uses_the_whole_limit)
{
    quota_sharing alone;
    alone.saw_others(0);
    EXPECT_FALSE(alone.applies(1, 100));
}

TEST(quota_sharing, the_second_half_of_a_window_is_shared_where_others_were_seen_in_it)
{
    quota_sharing sharing;
    sharing.saw_others(1);
    EXPECT_FALSE(sharing.applies(51, 100));
    EXPECT_TRUE(sharing.applies(50, 100));
    sharing.saw_others(0);
    EXPECT_TRUE(sharing.applies(50, 100)) << "they were there";
    sharing.begin_window();
    EXPECT_FALSE(sharing.applies(50, 100));
}

TEST(quota_sharing, the_more_others_there_are_the_slower_it_goes)
{
    quota_sharing sharing;
    sharing.saw_others(4);
    EXPECT_EQ(sharing.pause(100ms), 500ms);
    sharing.saw_others(0);
    EXPECT_EQ(sharing.pause(100ms), 400ms) << "forgotten slowly";
    sharing.saw_others(9);
    EXPECT_EQ(sharing.pause(100ms), 1s);
}

TEST(quota_sharing, the_last_requests_are_left_to_others_but_never_more_than_a_twentieth)
{
    quota_sharing sharing;
    sharing.saw_others(1);
    EXPECT_EQ(sharing.left_to_others(100), 4U);
    sharing.saw_others(50);
    EXPECT_EQ(sharing.left_to_others(100), 5U);
    EXPECT_EQ(sharing.left_to_others(10), 0U);
}

} // namespace
} // namespace sipher::detail
