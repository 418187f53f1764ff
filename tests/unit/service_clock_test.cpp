#include "call/dead_sessions.hpp"
#include "call/even_spread.hpp"
#include "call/service_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;

class service_clock_test : public ::testing::Test {
protected:
    const clock::time_point start = clock::time_point{} + 24h;
    /// The local civil time is wrong by two hours.
    const clock::wall_time wrong{std::chrono::milliseconds{1'795'464'000'000} + 2h};
    const clock::wall_time right{std::chrono::milliseconds{1'795'464'000'000}};
    service_clock watched;
};

TEST_F(service_clock_test, before_the_first_stamp_the_local_time_counts)
{
    EXPECT_EQ(watched.latest(start, wrong), wrong);
}

TEST_F(service_clock_test, a_stamp_counts_more_than_the_local_time)
{
    watched.learn({right, 0ms}, start, start + 20ms, wrong + 20ms);
    EXPECT_EQ(watched.latest(start + 20ms, wrong + 20ms), right + 20ms) << "made just as the request was sent";
    EXPECT_GE(watched.latest(start + 10s, wrong + 10s), right + 10s);
    EXPECT_LE(watched.latest(start + 10s, wrong + 10s), right + 10s + 2ms);
}

TEST_F(service_clock_test, a_stamp_from_another_age_is_a_mistake)
{
    watched.learn({right, 0ms}, start, start, right);
    watched.learn({clock::wall_time{std::chrono::milliseconds{253'402'300'799'000}}, 1s}, start, start, right);
    watched.learn({clock::wall_time{}, 1s}, start, start, right);
    EXPECT_EQ(watched.latest(start, right), right);
}

TEST_F(service_clock_test, several_stamps_narrow_the_bounds)
{
    watched.learn({right, 1s}, start, start + 500ms, wrong + 500ms);
    EXPECT_EQ(watched.latest(start + 500ms, wrong + 500ms), right + 1500ms);
    watched.learn({right + 600ms, 1ms}, start + 590ms, start + 610ms, wrong + 610ms);
    EXPECT_LE(watched.latest(start + 610ms, wrong + 610ms), right + 621ms);
    watched.learn({right, 1s}, start + 650ms, start + 700ms, wrong + 700ms);
    EXPECT_LE(watched.latest(start + 700ms, wrong + 700ms), right + 712ms) << "a vague stamp adds nothing";
}

TEST_F(service_clock_test, where_stamps_contradict_each_other_a_clock_was_set)
{
    watched.learn({right, 1ms}, start, start, wrong);
    watched.learn({right + 1h, 1ms}, start + 1s, start + 1s, wrong + 1s);
    EXPECT_EQ(watched.latest(start + 1s, wrong + 1s), right + 1h + 1ms);
}

TEST_F(service_clock_test, a_suspended_machine_has_lost_time)
{
    watched.learn({right, 1ms}, start, start, wrong);
    EXPECT_GE(watched.latest(start + 1s, wrong + 1s + 1h), right + 1h);
}

TEST_F(service_clock_test, stamps_of_a_second_are_read_only_now_and_then)
{
    EXPECT_TRUE(watched.is_stale(start));
    watched.learn({right, 1s}, start, start, wrong);
    EXPECT_FALSE(watched.is_stale(start + 9s));
    EXPECT_TRUE(watched.is_stale(start + 10s));
}

TEST(even_spread, a_thousand_are_spread_evenly_from_any_beginning)
{
    for (const double first : {0.0, 0.3, 0.99}) {
        even_spread spread{first};
        std::array<int, 20> bins{};
        for (int i = 0; i < 1000; ++i) {
            const double drawn = spread.next();
            ASSERT_GE(drawn, 0.0);
            ASSERT_LT(drawn, 1.0);
            ++bins.at(static_cast<std::size_t>(drawn * 20));
        }
        EXPECT_LE(*std::ranges::max_element(bins), 53);
        EXPECT_GE(*std::ranges::min_element(bins), 47);
    }
}

TEST(dead_sessions, the_latest_are_known)
{
    dead_sessions dead;
    std::vector<session_id> ids;
    for (int i = 0; i < 5000; ++i) {
        std::string digits = std::to_string(i);
        ids.emplace_back("sess_" + std::string(64 - digits.size(), 'a') + digits);
        dead.add(ids.back());
    }
    EXPECT_FALSE(dead.contains(ids.front()));
    EXPECT_TRUE(dead.contains(ids.back()));
    dead.remove(ids.back());
    EXPECT_FALSE(dead.contains(ids.back()));
    dead.add(ids[4000]);
    EXPECT_TRUE(dead.contains(ids[4000]));
}

} // namespace
} // namespace sipher::detail
