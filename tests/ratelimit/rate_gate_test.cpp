#include "ratelimit/rate_gate_core.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;

rate_limit_state state(std::optional<unsigned> remaining, std::optional<std::chrono::seconds> reset)
{
    rate_limit_state made;
    made.limit = 100;
    made.remaining = remaining;
    made.reset = reset;
    made.window = 60s;
    return made;
}

class rate_gate_test : public ::testing::Test {
protected:
    ~rate_gate_test() override
    {
        while (gate.dismiss() != nullptr) {
        }
    }

    static rate_gate_core::lesson lesson(const rate_limit_state& reported, clock::time_point sent)
    {
        rate_gate_core::lesson made;
        made.policies.emplace_back().state = reported;
        made.sent = sent;
        return made;
    }

    /// A response to a request that left together with others.
    bool learn(const rate_limit_state& reported) { return gate.learn(lesson(reported, now), now); }
    /// A response to a request that left just now, after all others.
    bool learn_of_new(const rate_limit_state& reported)
    {
        now += 1ms;
        return gate.learn(lesson(reported, now), now);
    }
    bool learn_refusal(const rate_limit_state& reported, std::optional<std::chrono::milliseconds> retry_after)
    {
        rate_gate_core::lesson made = lesson(reported, now);
        made.refused = true;
        made.retry_after = retry_after;
        return gate.learn(made, now);
    }
    /// A 429 of an edge or a gateway.
    bool learn_foreign_refusal(std::optional<std::chrono::milliseconds> retry_after)
    {
        rate_gate_core::lesson made;
        made.refused = true;
        made.retry_after = retry_after;
        return gate.learn(made, now);
    }

    /// Whether one request more may be sent now.
    bool passes() { return gate.pass(false, now); }

    gate_waiter& enter(const queue_place& place = {}, clock::time_point deadline = clock::time_point::max())
    {
        gate_waiter& made = waiters.emplace_back(place, deadline);
        EXPECT_FALSE(gate.enter(made, false, now));
        return made;
    }

    /// Lets everybody go in turn; when each did.
    std::vector<clock::time_point> let_all_go()
    {
        std::vector<clock::time_point> turns;
        while (gate.waiting() != 0) {
            now = std::max(now, gate.next_release());
            EXPECT_NE(gate.release(now), nullptr);
            EXPECT_TRUE(gate.pass(true, now));
            turns.push_back(now);
        }
        return turns;
    }

    clock::time_point now = clock::time_point{} + 1h;
    std::shared_ptr<random_source> random = std::make_shared<random_source>(1);
    rate_gate_core gate{{true, false}, random};
    std::deque<gate_waiter> waiters;
};

TEST_F(rate_gate_test, is_open_until_something_is_known)
{
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(passes());
    }
    gate_waiter free{{}, now + 1s};
    EXPECT_EQ(gate.enter(free, false, now), 0ns) << "there is nothing to wait for";
}

TEST_F(rate_gate_test, closes_when_nothing_remains)
{
    EXPECT_FALSE(learn(state(1, 7s)));
    EXPECT_LE(gate.opens_at(), now);
    EXPECT_EQ(gate.remaining(now), 1U);
    EXPECT_TRUE(learn(state(0, 7s)));
    EXPECT_FALSE(learn(state(0, 7s))) << "known before";
    EXPECT_EQ(gate.opens_at(), now + 7s);
    EXPECT_FALSE(passes());
    now += 7s;
    EXPECT_TRUE(passes());
}

TEST_F(rate_gate_test, requests_under_way_count)
{
    learn(state(3, 7s));
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes());
    EXPECT_FALSE(passes());
    EXPECT_EQ(gate.opens_at(), now + 7s);
    EXPECT_TRUE(learn(state(0, 7s))) << "the response to the request that closed it tells";
}

TEST_F(rate_gate_test, of_responses_out_of_order_the_least_counts)
{
    learn(state(3, 7s));
    learn(state(5, 7s));
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes());
    EXPECT_FALSE(passes());
}

TEST_F(rate_gate_test, a_new_window_makes_the_old_one_forgotten)
{
    learn(state(2, 7s));
    now += 7s;
    learn(state(80, 60s));
    learn(state(0, 1s));
    for (int i = 0; i < 80; ++i) {
        EXPECT_TRUE(passes()) << i;
    }
    EXPECT_FALSE(passes());
}

TEST_F(rate_gate_test, the_rest_of_an_ended_window_does_not_matter)
{
    learn(state(1, 7s));
    now += 7s;
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(passes()) << i;
    }
}

TEST_F(rate_gate_test, a_reset_that_is_left_out_is_the_whole_window)
{
    learn(state(0, {}));
    EXPECT_EQ(gate.opens_at(), now + 60s);
}

TEST_F(rate_gate_test, without_a_window_and_its_end_only_refusals_close_it)
{
    rate_limit_state reported;
    reported.remaining = 0;
    learn(reported);
    EXPECT_LE(gate.opens_at(), now);
    learn_refusal(reported, 3s);
    EXPECT_EQ(gate.opens_at(), now + 3s);
}

TEST_F(rate_gate_test, retry_after_wins_over_the_window)
{
    learn_refusal(state(0, 5s), 60s);
    EXPECT_EQ(gate.opens_at(), now + 60s);
}

TEST_F(rate_gate_test, retry_after_wins_over_a_longer_window_too)
{
    learn_refusal(state(0, 60s), 2s);
    EXPECT_EQ(gate.opens_at(), now + 2s);
}

TEST_F(rate_gate_test, a_refusal_without_retry_after_closes_it_until_the_reset)
{
    learn_refusal(state({}, 5s), {});
    EXPECT_EQ(gate.opens_at(), now + 5s);
}

TEST_F(rate_gate_test, the_refusal_of_somebody_else_closes_it_for_its_retry_after_and_no_longer)
{
    EXPECT_FALSE(learn_foreign_refusal({}));
    EXPECT_LE(gate.opens_at(), now);
    EXPECT_TRUE(learn_foreign_refusal(3s));
    EXPECT_EQ(gate.opens_at(), now + 3s);
    learn(state(0, 7s));
    learn_foreign_refusal(2s);
    EXPECT_EQ(gate.opens_at(), now + 7s) << "the service's own window is used up all the same";
}

TEST_F(rate_gate_test, a_response_that_came_late_does_not_open_it)
{
    learn(state(0, 7s));
    learn(state(0, 2s));
    EXPECT_EQ(gate.opens_at(), now + 7s);
}

TEST_F(rate_gate_test, an_absurd_wait_does_not_close_it_for_ever)
{
    learn_refusal(state({}, {}), 30h);
    EXPECT_EQ(gate.opens_at(), now + 1h);
    rate_limit_state day;
    day.remaining = 0;
    day.window = 48h;
    day.reset = 40h;
    learn(day);
    EXPECT_EQ(gate.opens_at(), now + 1h);
}

TEST_F(rate_gate_test, can_be_turned_off)
{
    rate_gate_core off{{false, false}, random};
    rate_gate_core::lesson reported = lesson(state(0, 7s), now);
    reported.refused = true;
    reported.retry_after = 60s;
    off.learn(reported, now);
    EXPECT_LE(off.opens_at(), now);
    EXPECT_TRUE(off.pass(false, now));
}

TEST_F(rate_gate_test, of_several_policies_the_one_that_is_used_up_closes_it)
{
    rate_gate_core::lesson both;
    for (const auto& [name, left, length] : {std::tuple{1U, 2U, 2s}, std::tuple{2U, 4U, 3600s}}) {
        rate_policy_state& policy = both.policies.emplace_back();
        policy.name = name;
        policy.state = state(left, length);
        policy.state.window = length;
    }
    gate.learn(both, now);
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes());
    EXPECT_EQ(gate.opens_at(), now + 2s) << "the burst";
    now += 2s;
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes());
    EXPECT_EQ(gate.opens_at(), now + 3598s) << "the hour";
}

TEST_F(rate_gate_test, waiters_are_released_in_order_and_spread_over_the_window)
{
    learn_refusal(state(0, 7s), 7s);
    const clock::time_point opens = now + 7s;
    for (int i = 0; i < 100; ++i) {
        enter();
    }
    EXPECT_EQ(gate.release(opens - 1ns), nullptr);
    const std::vector<clock::time_point> turns = let_all_go();
    for (std::size_t i = 0; i < turns.size(); ++i) {
        const auto slot = opens + 600ms * i;
        EXPECT_GE(turns[i], slot);
        EXPECT_LT(turns[i], slot + 600ms);
    }
}

TEST_F(rate_gate_test, new_calls_do_not_overtake_waiting_ones)
{
    learn_refusal(state(0, 7s), 7s);
    gate_waiter& first = enter();
    enter();
    now = gate.next_release();
    EXPECT_FALSE(passes());
    EXPECT_EQ(gate.release(now), &first);
    EXPECT_TRUE(gate.pass(true, now));
    EXPECT_FALSE(passes());
    EXPECT_EQ(gate.free_from(), clock::time_point::max());
    let_all_go();
    EXPECT_TRUE(passes());
}

TEST_F(rate_gate_test, a_late_timer_releases_all_whose_turn_has_come)
{
    learn_refusal(state(0, 7s), 7s);
    for (int i = 0; i < 20; ++i) {
        enter();
    }
    now += 7s + 10 * 600ms;
    int gone = 0;
    while (gate.release(now) != nullptr) {
        ++gone;
    }
    EXPECT_GE(gone, 10);
    EXPECT_LE(gone, 11);
}

TEST_F(rate_gate_test, when_all_waiters_gave_up_later_ones_find_no_gap)
{
    learn_refusal(state(0, 7s), 7s);
    for (int i = 0; i < 1000; ++i) {
        enter();
    }
    while (gate.dismiss() != nullptr) {
    }
    enter();
    EXPECT_LT(gate.next_release(), now + 7s + 600ms);
}

TEST_F(rate_gate_test, a_gate_that_closes_again_makes_all_wait_again_in_their_order)
{
    learn_refusal(state(0, 7s), 7s);
    gate_waiter& first = enter();
    gate_waiter& second = enter();
    now += 8s;
    EXPECT_EQ(gate.release(now), &first);
    learn_refusal(state(0, 30s), 30s);
    EXPECT_FALSE(gate.pass(true, now));
    EXPECT_FALSE(gate.enter(first, true, now));
    EXPECT_GE(gate.next_release(), now + 30s);
    now = gate.next_release();
    EXPECT_EQ(gate.release(now), &first);
    now = gate.next_release();
    EXPECT_EQ(gate.release(now), &second);
}

TEST_F(rate_gate_test, a_call_that_would_miss_its_deadline_does_not_wait)
{
    learn_refusal(state(0, 30s), 30s);
    gate_waiter hopeless{{}, now + 30s};
    EXPECT_EQ(gate.enter(hopeless, false, now), 30s);
    for (int i = 0; i < 50; ++i) {
        enter();
    }
    gate_waiter late{{}, now + 50s};
    const auto wait = gate.enter(late, false, now);
    ASSERT_TRUE(wait);
    EXPECT_GE(*wait, 59s);
    EXPECT_LE(*wait, 61s);
    enter({urgency::interactive, 0}, now + 50s);
    gate_waiter expired{{}, now - 1s};
    EXPECT_GT(gate.enter(expired, false, now), 0ns);
}

TEST_F(rate_gate_test, a_closure_refuses_waiters_that_would_now_miss_their_deadline)
{
    learn_refusal(state(0, 5s), 5s);
    gate_waiter& short_of_time = enter({}, now + 30s);
    gate_waiter& patient = enter({}, now + 300s);
    learn_refusal(state(0, 60s), 60s);
    gate_waiter_list refused;
    gate.refuse(now, refused);
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(&refused.front(), &short_of_time);
    refused.clear();
    EXPECT_EQ(gate.waiting(), 1U);
    now = gate.next_release();
    EXPECT_EQ(gate.release(now), &patient);
}

TEST_F(rate_gate_test, an_interactive_call_waits_for_one_window_at_most_whatever_waits_before_it)
{
    learn(state(0, 60s));
    const clock::time_point came = now;
    for (int i = 0; i < 5000; ++i) {
        enter({urgency::normal, static_cast<std::uint64_t>(i % 50) + 1});
        enter({urgency::background, 1});
    }
    const gate_waiter& interactive = enter({urgency::interactive, 99});
    now = gate.next_release();
    EXPECT_EQ(gate.release(now), &interactive);
    EXPECT_LE(now - came, 60s + 600ms);
}

TEST_F(rate_gate_test, stats_show_how_many_wait_and_for_how_long)
{
    EXPECT_EQ(gate.longest_wait(now), 0ns);
    learn(state(0, 60s));
    gate_waiter& first = enter();
    now += 2s;
    enter();
    now += 3s;
    EXPECT_EQ(gate.waiting(), 2U);
    EXPECT_EQ(gate.longest_wait(now), 5s);
    gate.leave(first);
    EXPECT_EQ(gate.longest_wait(now), 3s);
    EXPECT_EQ(gate.remaining(now), 0U);
    now += 60s;
    EXPECT_EQ(gate.remaining(now), std::nullopt);
}

TEST_F(rate_gate_test, pacing_spreads_what_remains)
{
    rate_gate_core paced{{true, true}, random};
    paced.learn(lesson(state(10, 60s), now), now);
    const clock::time_point start = now;
    for (int i = 0; i < 10; ++i) {
        gate_waiter one{{}, clock::time_point::max()};
        if (!paced.enter(one, false, now)) {
            now = paced.next_release();
            EXPECT_EQ(paced.release(now), &one);
        }
        EXPECT_TRUE(paced.pass(true, now));
    }
    EXPECT_GT(now - start, 40s);
    EXPECT_LT(now - start, 61s);
}

TEST_F(rate_gate_test, the_second_half_of_a_window_is_shared_with_others_who_use_it)
{
    learn(state(80, 30s));
    EXPECT_TRUE(passes());
    // Five others came in between.
    learn(state(74, 30s));
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes()) << "there is enough for all";
    learn(state(20, 30s));
    EXPECT_TRUE(passes());
    EXPECT_FALSE(passes()) << "the others are to have their share";
    EXPECT_LE(gate.opens_at(), now) << "closed although something remains";
    now += 6s;
    EXPECT_TRUE(passes()) << "for longer than a tenth of the window";
    learn(state(4, 24s));
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
        learn(state(left, 60s));
    }
    EXPECT_TRUE(passes());
    EXPECT_TRUE(passes()) << "nobody else is there to share with";
    EXPECT_FALSE(passes());
}

/// Several addresses of an edge, each with its own bucket: one of them is used up by somebody, all the time.
TEST_F(rate_gate_test, buckets_that_jump_do_not_keep_it_closed)
{
    learn_of_new(state(80, 50s));
    learn_of_new(state(0, 20s));
    EXPECT_TRUE(passes()) << "it ends sooner than the last one";
    for (int i = 0; i < 60; ++i) {
        now += 1s;
        learn_of_new(i % 2 == 0 ? state(70, 50s) : state(0, 20s));
        EXPECT_TRUE(passes()) << i;
    }
    learn_refusal(state(0, 20s), 5s);
    EXPECT_FALSE(passes()) << "a refusal counts";
    now += 5s;
    EXPECT_TRUE(passes());
}

TEST_F(rate_gate_test, a_closure_is_taken_back_when_what_closed_it_proves_to_be_one_bucket_of_several)
{
    learn_of_new(state(0, 30s));
    EXPECT_FALSE(passes());
    learn_of_new(state(60, 30s));
    EXPECT_TRUE(passes());
}

TEST_F(rate_gate_test, a_sliding_window_does_not_keep_it_closed)
{
    for (int i = 0; i < 20; ++i) {
        learn_of_new(state(0, 60s));
        now += 2s;
    }
    EXPECT_TRUE(passes());
}

TEST_F(rate_gate_test, a_distrusted_window_is_trusted_again_after_some_windows)
{
    learn_of_new(state(80, 50s));
    learn_of_new(state(0, 20s));
    now += 5 * 60s;
    learn_of_new(state(0, 20s));
    EXPECT_FALSE(passes());
}

TEST_F(rate_gate_test, a_window_that_ends_between_two_responses_is_no_contradiction)
{
    learn_of_new(state(5, 2s));
    now += 1500ms;
    learn_of_new(state(99, 60s));
    learn_of_new(state(0, 60s));
    EXPECT_FALSE(passes());
}

TEST_F(rate_gate_test, a_slow_response_is_no_contradiction)
{
    learn_of_new(state(50, 30s));
    const clock::time_point sent = now + 1ms;
    now += 20s;
    gate.learn(lesson(state(40, 30s), sent), now);
    learn_of_new(state(0, 10s));
    EXPECT_FALSE(passes());
}

} // namespace
} // namespace sipher::detail
