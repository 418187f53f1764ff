#include "retry/rate_gate.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;

class rate_gate_test : public ::testing::Test {
protected:
    static rate_limit_state state(std::optional<unsigned> remaining, std::optional<std::chrono::seconds> reset)
    {
        rate_limit_state made;
        made.limit = 100;
        made.remaining = remaining;
        made.reset = reset;
        made.window = 60s;
        return made;
    }

    /// Whether one request more may be sent now.
    bool passes()
    {
        rate_gate::ticket one{gate};
        return !gate.wait_until(one, now) && gate.pass(one, now);
    }

    clock::time_point now = clock::time_point{} + 1h;
    std::shared_ptr<jitter> chance = std::make_shared<jitter>(1);
    rate_gate gate{{true, false}, chance};
};

TEST_F(rate_gate_test, is_open_until_something_is_known)
{
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(passes());
    }
}

TEST_F(rate_gate_test, closes_when_nothing_remains)
{
    EXPECT_FALSE(gate.learn(state(1, 7s), false, {}, now));
    EXPECT_LE(gate.opens_at(), now);
    EXPECT_TRUE(gate.learn(state(0, 7s), false, {}, now));
    EXPECT_FALSE(gate.learn(state(0, 7s), false, {}, now)) << "told before";
    EXPECT_EQ(gate.opens_at(), now + 7s);
    EXPECT_FALSE(passes());
    now += 7s;
    EXPECT_TRUE(passes());
}

TEST_F(rate_gate_test, requests_under_way_count)
{
    gate.learn(state(3, 7s), false, {}, now);
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes());
    EXPECT_FALSE(passes());
    EXPECT_EQ(gate.opens_at(), now + 7s);
    EXPECT_TRUE(gate.learn(state(0, 7s), false, {}, now)) << "the answer to the request that closed it tells";
}

TEST_F(rate_gate_test, of_answers_out_of_order_the_least_counts)
{
    gate.learn(state(3, 7s), false, {}, now);
    gate.learn(state(5, 7s), false, {}, now);
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes());
    EXPECT_FALSE(passes());
}

TEST_F(rate_gate_test, a_new_window_makes_the_old_one_forgotten)
{
    gate.learn(state(2, 7s), false, {}, now);
    now += 7s;
    gate.learn(state(80, 60s), false, {}, now);
    gate.learn(state(0, 1s), false, {}, now - 7s);
    for (int i = 0; i < 80; ++i) {
        EXPECT_TRUE(passes()) << i;
    }
    EXPECT_FALSE(passes());
}

TEST_F(rate_gate_test, what_remained_of_a_window_that_is_over_does_not_matter)
{
    gate.learn(state(1, 7s), false, {}, now);
    now += 7s;
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(passes()) << i;
    }
}

TEST_F(rate_gate_test, a_reset_that_is_left_out_is_the_whole_window)
{
    gate.learn(state(0, {}), false, {}, now);
    EXPECT_EQ(gate.opens_at(), now + 60s);
}

TEST_F(rate_gate_test, retry_after_wins_over_the_window)
{
    gate.learn(state(0, 5s), true, 60s, now);
    EXPECT_EQ(gate.opens_at(), now + 60s);
}

TEST_F(rate_gate_test, an_answer_that_came_late_does_not_open_it)
{
    gate.learn(state(0, 7s), false, {}, now);
    gate.learn(state(0, 2s), false, {}, now);
    EXPECT_EQ(gate.opens_at(), now + 7s);
}

TEST_F(rate_gate_test, an_absurd_window_does_not_close_it_for_ever)
{
    gate.learn(state(0, std::chrono::seconds{4'000'000'000}), false, {}, now);
    EXPECT_EQ(gate.opens_at(), now + 1h);
}

TEST_F(rate_gate_test, can_be_turned_off)
{
    rate_gate off{{false, false}, chance};
    off.learn(state(0, 7s), true, 60s, now);
    EXPECT_LE(off.opens_at(), now);
}

TEST_F(rate_gate_test, who_waited_goes_in_order_and_spread_over_the_window)
{
    gate.learn(state(0, 7s), true, 7s, now);
    std::list<rate_gate::ticket> waiting;
    std::vector<clock::time_point> turns;
    for (int i = 0; i < 100; ++i) {
        turns.push_back(gate.wait_until(waiting.emplace_back(gate), now).value());
    }
    for (std::size_t i = 0; i < turns.size(); ++i) {
        const auto slot = now + 7s + 600ms * i;
        EXPECT_GE(turns[i], slot);
        EXPECT_LT(turns[i], slot + 600ms);
    }
    now = turns.front();
    EXPECT_TRUE(gate.pass(waiting.front(), now));
    EXPECT_FALSE(gate.pass(waiting.back(), now));
    waiting.erase(waiting.begin());
    rate_gate::ticket late{gate};
    EXPECT_GE(gate.wait_until(late, now), turns.back()) << "it overtakes";
}

TEST_F(rate_gate_test, who_gave_up_leaves_no_gap_for_those_who_come_when_all_have)
{
    gate.learn(state(0, 7s), true, 7s, now);
    {
        std::list<rate_gate::ticket> waiting;
        for (int i = 0; i < 1000; ++i) {
            EXPECT_TRUE(gate.wait_until(waiting.emplace_back(gate), now));
        }
    }
    rate_gate::ticket next{gate};
    EXPECT_LT(gate.wait_until(next, now), now + 7s + 600ms);
}

TEST_F(rate_gate_test, a_gate_that_closes_again_makes_all_wait_again_in_their_order)
{
    gate.learn(state(0, 7s), true, 7s, now);
    rate_gate::ticket first{gate};
    rate_gate::ticket second{gate};
    EXPECT_TRUE(gate.wait_until(first, now));
    EXPECT_TRUE(gate.wait_until(second, now));
    now += 8s;
    EXPECT_FALSE(gate.wait_until(first, now));
    gate.learn(state(0, 30s), true, 30s, now);
    EXPECT_FALSE(gate.pass(first, now));
    const auto turn_of_first = gate.wait_until(first, now);
    EXPECT_GE(turn_of_first, now + 30s);
    EXPECT_GT(gate.wait_until(second, now), turn_of_first);
}

TEST_F(rate_gate_test, pacing_spreads_what_remains)
{
    rate_gate paced{{true, true}, chance};
    paced.learn(state(10, 60s), false, {}, now);
    const clock::time_point start = now;
    for (int i = 0; i < 10; ++i) {
        rate_gate::ticket one{paced};
        while (const auto turn = paced.wait_until(one, now)) {
            now = *turn;
        }
        EXPECT_TRUE(paced.pass(one, now));
    }
    EXPECT_GT(now - start, 40s);
    EXPECT_LT(now - start, 61s);
}

TEST_F(rate_gate_test, the_second_half_of_a_window_is_shared_with_others_who_use_it)
{
    gate.learn(state(80, 30s), false, {}, now);
    EXPECT_TRUE(passes());
    // Five others came in between.
    gate.learn(state(74, 30s), false, {}, now);
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes()) << "there is enough for all";
    gate.learn(state(20, 30s), false, {}, now);
    EXPECT_TRUE(passes());
    EXPECT_FALSE(passes()) << "the others are to have their share";
    EXPECT_LE(gate.opens_at(), now) << "closed although something remains";
    now += 6s;
    EXPECT_TRUE(passes()) << "for longer than a tenth of the window";
    gate.learn(state(4, 24s), false, {}, now);
    now += 6s;
    EXPECT_TRUE(passes());
    EXPECT_EQ(gate.opens_at(), now + 18s) << "the last ones are probably gone";
}

TEST_F(rate_gate_test, requests_of_its_own_that_went_before_anything_was_known_are_not_taken_for_others)
{
    for (int i = 0; i < 8; ++i) {
        EXPECT_TRUE(passes());
    }
    for (unsigned left = 9; left >= 2; --left) {
        gate.learn(state(left, 60s), false, {}, now);
    }
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes()) << "nobody else is there to share with";
    EXPECT_FALSE(passes());
}

} // namespace
} // namespace sipher::detail
