#include "session/live_schedule.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;

class live_schedule_test : public ::testing::Test {
protected:
    /// Begins whenever it may, and counts.
    int begin_as_often_as_possible(std::chrono::seconds time)
    {
        int begun = 0;
        for (const auto end = now + time; now < end; now += 10ms) {
            while (schedule.may_begin(now)) {
                schedule.begin(now, 0);
                ++begun;
            }
        }
        return begun;
    }

    clock::time_point now = clock::time_point{} + 24h;
    live_schedule schedule{0s};
};

TEST_F(live_schedule_test, three_at_once_and_then_one_in_each_step)
{
    EXPECT_EQ(begin_as_often_as_possible(1s), 3);
    EXPECT_EQ(begin_as_often_as_possible(62s), 5) << "after 1, 2, 4, 8 and 16 s";
    EXPECT_EQ(begin_as_often_as_possible(3600s), 60) << "a minute each from there on";
}

TEST_F(live_schedule_test, jitter_only_lengthens_a_step)
{
    for (int i = 0; i < 3; ++i) {
        schedule.begin(now, 0.999);
    }
    EXPECT_FALSE(schedule.may_begin(now + 1s));
    EXPECT_TRUE(schedule.may_begin(now + 1500ms));
}

TEST_F(live_schedule_test, a_session_that_was_of_use_begins_anew)
{
    begin_as_often_as_possible(10s);
    now += 1h;
    EXPECT_EQ(begin_as_often_as_possible(1s), 1) << "time alone is no use";
    schedule.made(now, 1h, false, 0);
    now += 1h;
    EXPECT_EQ(begin_as_often_as_possible(1s), 3);
}

TEST_F(live_schedule_test, the_wait_that_the_service_asks_for_is_kept)
{
    schedule.begin(now, 0);
    schedule.failed(now, 0s, 1min, 0);
    schedule.failed(now, 0s, 1s, 0);
    EXPECT_FALSE(schedule.may_begin(now + 59s));
    EXPECT_TRUE(schedule.may_begin(now + 60s));
}

TEST_F(live_schedule_test, a_renewal_that_fails_is_tried_again_while_there_is_time)
{
    schedule.made(now, 1000s, false, 0);
    schedule.failed(now + 800s, 200s, 0s, 0);
    EXPECT_EQ(schedule.next_due(), now + 825s);
    schedule.failed(now + 998s, 2s, 0s, 0.999);
    EXPECT_GT(schedule.next_due(), now + 998s + 990ms);
    EXPECT_TRUE(schedule.may_begin(now + 998s)) << "that held up nobody who needs one";
}

TEST_F(live_schedule_test, a_life_that_is_very_short_is_not_followed_by_many_renewals)
{
    schedule.made(now, 1s, false, 0);
    EXPECT_FALSE(schedule.is_renewal_due(now + 9s));
}

TEST_F(live_schedule_test, it_is_renewed_before_its_end)
{
    schedule.made(now, 100s, true, 0);
    EXPECT_TRUE(schedule.is_renewal_due(now + 30s));
    schedule.made(now, 100s, true, 0.999);
    EXPECT_FALSE(schedule.is_renewal_due(now + 89s));
    EXPECT_TRUE(schedule.is_renewal_due(now + 90s));
    schedule.made(now, 100s, false, 0);
    EXPECT_FALSE(schedule.is_renewal_due(now + 79s));
    EXPECT_EQ(schedule.next_due(), now + 80s);
}

TEST_F(live_schedule_test, the_end_stated_by_the_service_brings_the_renewal_forward_and_never_puts_it_off)
{
    schedule.made(now, 100s, false, 0);
    schedule.checked(now, 1000s);
    EXPECT_EQ(schedule.next_due(), now + 80s);
    schedule.checked(now + 10s, 20s);
    EXPECT_EQ(schedule.next_due(), now + 28s);
}

TEST_F(live_schedule_test, checks_of_many_that_began_together_do_not_come_together)
{
    live_schedule early{60s};
    live_schedule late{60s};
    early.made(now, 1h, true, 0.1);
    late.made(now, 1h, true, 0.9);
    EXPECT_FALSE(early.take_check(now + 5s));
    EXPECT_TRUE(early.take_check(now + 6s));
    EXPECT_FALSE(early.take_check(now + 65s));
    EXPECT_TRUE(early.take_check(now + 66s));
    EXPECT_FALSE(late.take_check(now + 53s));
    EXPECT_FALSE(schedule.take_check(now + 100h)) << "none were asked for";
}

} // namespace
} // namespace sipher::detail
