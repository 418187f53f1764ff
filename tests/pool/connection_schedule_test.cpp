#include "pool/connection_schedule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <memory>
#include <random>
#include <vector>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;

class connection_schedule_test : public ::testing::Test {
protected:
    ~connection_schedule_test() override
    {
        core.expire_all(gone);
        gone.clear();
        while (core.pop_waiter() != nullptr) {
        }
    }

    pooled& dial()
    {
        pooled& made = connections.emplace_back();
        EXPECT_TRUE(core.enqueue(waiters.emplace_back()));
        EXPECT_EQ(core.begin_dials(gone), 1U);
        EXPECT_EQ(core.dial_succeeded(made, time).waiter, &waiters.back());
        return made;
    }

    void give_back(pooled& used, std::optional<std::chrono::seconds> hint = 5s)
    {
        EXPECT_EQ(core.give_back(used, true, hint, time).what, connection_schedule::disposition::idle);
    }

    pooled* take(bool careful = false) { return core.take_idle(time, careful, gone); }

    void pass(std::chrono::milliseconds by)
    {
        time.now += by;
        time.wall += by;
    }

    connection_schedule core{pool_rules{3, 2, 3, 4s}};
    pool_time time{clock::time_point{} + 1h, clock::wall_time{} + 1h};
    std::list<pooled> connections;
    std::list<pool_waiter> waiters;
    pooled_list gone;
};

TEST_F(connection_schedule_test, the_most_recently_used_connection_is_taken)
{
    pooled& first = dial();
    pooled& second = dial();
    give_back(first);
    pass(1ms);
    give_back(second);
    EXPECT_EQ(take(), &second);
    EXPECT_EQ(take(), &first);
    EXPECT_EQ(take(), nullptr);
}

TEST_F(connection_schedule_test, waiters_are_served_in_their_order)
{
    pooled& first = dial();
    dial();
    dial();
    pool_waiter one;
    pool_waiter two;
    EXPECT_TRUE(core.enqueue(one));
    EXPECT_TRUE(core.enqueue(two));
    EXPECT_EQ(core.begin_dials(gone), 0U) << "there are as many connections as allowed";
    EXPECT_EQ(core.give_back(first, true, 5s, time).waiter, &one);
    EXPECT_EQ(core.give_back(first, true, 5s, time).waiter, &two);
}

TEST_F(connection_schedule_test, interactive_waiters_and_other_flows_do_not_wait_for_a_busy_connection)
{
    connection_schedule single{pool_rules{1, 9, 1, 4s}};
    pooled connection;
    std::deque<pool_waiter> greedy;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(single.enqueue(greedy.emplace_back(false, queue_place{urgency::normal, 1})));
    }
    pool_waiter modest{false, {urgency::normal, 2}};
    pool_waiter careful{true, {urgency::normal, 2}};
    pool_waiter urgent{false, {urgency::interactive, 1}};
    for (pool_waiter* each : {&modest, &careful, &urgent}) {
        ASSERT_TRUE(single.enqueue(*each));
    }
    ASSERT_EQ(single.begin_dials(gone), 1U);
    EXPECT_EQ(single.dial_succeeded(connection, time).waiter, &urgent);
    for (pool_waiter* each : {&greedy[0], &modest, &careful, &greedy[1], &greedy[2]}) {
        EXPECT_EQ(single.give_back(connection, true, 5s, time).waiter, each);
    }
    EXPECT_EQ(single.give_back(connection, false, 5s, time).waiter, nullptr);
}

TEST_F(connection_schedule_test, a_waiter_that_gave_up_is_skipped)
{
    pooled& first = dial();
    dial();
    dial();
    pool_waiter one;
    pool_waiter two;
    EXPECT_TRUE(core.enqueue(one));
    EXPECT_TRUE(core.enqueue(two));
    core.remove(one);
    EXPECT_EQ(core.give_back(first, true, 5s, time).waiter, &two);
}

TEST_F(connection_schedule_test, a_full_queue_refuses)
{
    dial();
    dial();
    dial();
    std::array<pool_waiter, 3> more;
    EXPECT_TRUE(core.enqueue(more[0]));
    EXPECT_TRUE(core.enqueue(more[1]));
    EXPECT_FALSE(core.enqueue(more[2]));
    core.remove(more[0]);
    core.remove(more[1]);
}

TEST_F(connection_schedule_test, a_connection_given_back_overtakes_the_one_being_made)
{
    pooled& first = dial();
    pool_waiter waiter;
    EXPECT_TRUE(core.enqueue(waiter));
    EXPECT_EQ(core.begin_dials(gone), 1U);
    EXPECT_EQ(core.give_back(first, true, 5s, time).waiter, &waiter);
    pooled& late = connections.emplace_back();
    EXPECT_EQ(core.dial_succeeded(late, time).what, connection_schedule::disposition::idle);
    EXPECT_EQ(core.idle(), 1U);
}

TEST_F(connection_schedule_test, a_failed_dial_is_reported_only_to_the_waiters_that_depend_on_it)
{
    pool_waiter one;
    pool_waiter two;
    EXPECT_TRUE(core.enqueue(one));
    EXPECT_TRUE(core.enqueue(two));
    EXPECT_EQ(core.begin_dials(gone), 2U);
    core.remove(two);
    EXPECT_EQ(core.dial_failed(), nullptr) << "the other dial may still serve the only waiter";
    EXPECT_EQ(core.dial_failed(), &one);
}

TEST_F(connection_schedule_test, every_waiter_gets_a_dial_when_all_connections_die)
{
    pooled& first = dial();
    pooled& second = dial();
    pooled& third = dial();
    pool_waiter one;
    pool_waiter two;
    EXPECT_TRUE(core.enqueue(one));
    EXPECT_TRUE(core.enqueue(two));
    std::size_t dials = 0;
    for (pooled* dead : {&first, &second, &third}) {
        EXPECT_EQ(core.give_back(*dead, false, {}, time).what, connection_schedule::disposition::closed_not_reusable);
        dials += core.begin_dials(gone);
    }
    EXPECT_EQ(dials, 2U);
    core.remove(one);
    core.remove(two);
}

TEST_F(connection_schedule_test, an_idle_connection_is_used_up_to_a_second_before_the_hint)
{
    give_back(dial());
    pass(3999ms);
    pooled* const taken = take();
    ASSERT_NE(taken, nullptr);
    give_back(*taken);
    pass(4s);
    EXPECT_EQ(take(), nullptr);
    EXPECT_EQ(gone.size(), 1U);
    EXPECT_EQ(core.open(), 0U);
}

TEST_F(connection_schedule_test, a_request_that_is_not_repeatable_uses_half_of_the_hint)
{
    give_back(dial());
    pass(2499ms);
    pooled* const taken = take(true);
    ASSERT_NE(taken, nullptr);
    give_back(*taken);
    pass(2500ms);
    EXPECT_EQ(take(true), nullptr);
    EXPECT_NE(take(false), nullptr) << "for others it is still good";
}

TEST_F(connection_schedule_test, an_idle_connection_is_evicted_for_a_waiter_that_cannot_use_it)
{
    for (pooled* each : {&dial(), &dial(), &dial()}) {
        give_back(*each);
    }
    pass(3s);
    EXPECT_EQ(take(true), nullptr);
    pool_waiter careful;
    EXPECT_TRUE(core.enqueue(careful));
    EXPECT_EQ(core.begin_dials(gone), 1U);
    EXPECT_EQ(gone.size(), 1U);
    EXPECT_EQ(core.open(), 3U);
    core.remove(careful);
}

TEST_F(connection_schedule_test, a_hint_that_leaves_no_time_means_not_to_keep_it)
{
    for (const auto hint : {0s, 1s}) {
        EXPECT_EQ(core.give_back(dial(), true, hint, time).what, connection_schedule::disposition::closed_not_reusable);
    }
    give_back(dial(), std::chrono::seconds{99'999'999'999});
    pass(4s);
    EXPECT_EQ(take(), nullptr) << "our own limit stands";
}

TEST_F(connection_schedule_test, a_suspended_machine_makes_connections_old)
{
    give_back(dial());
    time.wall += 1h;
    EXPECT_EQ(take(), nullptr);
}

TEST_F(connection_schedule_test, idle_buffers_are_released_once)
{
    pooled& first = dial();
    int released = 0;
    const auto release = [&](const pooled& which) { released += &which == &first ? 1 : 100; };
    core.release_idle_buffers(time, release);
    give_back(first);
    EXPECT_EQ(core.next_due(), time.now + 1s);
    pass(999ms);
    core.release_idle_buffers(time, release);
    EXPECT_EQ(released, 0);
    pass(1ms);
    core.release_idle_buffers(time, release);
    core.release_idle_buffers(time, release);
    EXPECT_EQ(released, 1);
    EXPECT_EQ(core.next_due(), time.now + 3s) << "the next thing is that it gets too old";
    EXPECT_EQ(take(), &first);
    give_back(first);
    EXPECT_EQ(core.next_due(), time.now + 1s) << "it has been used again";
}

TEST_F(connection_schedule_test, a_connection_is_not_used_beyond_its_life)
{
    pooled& first = dial();
    first.dies_at = time.now + 500ms;
    give_back(first);
    EXPECT_EQ(core.next_due(), time.now + 500ms);
    pass(1s);
    EXPECT_EQ(take(), nullptr);
    pooled& second = dial();
    second.dies_at = time.now;
    EXPECT_EQ(core.give_back(second, true, 5s, time).what, connection_schedule::disposition::closed_expired);
}

TEST_F(connection_schedule_test, of_idle_connections_only_so_many_are_kept)
{
    connection_schedule small{pool_rules{3, 2, 1, 4s}};
    pooled kept;
    pooled surplus;
    for (pooled* each : {&kept, &surplus}) {
        ASSERT_TRUE(small.enqueue(waiters.emplace_back()));
        ASSERT_EQ(small.begin_dials(gone), 1U);
        ASSERT_EQ(small.dial_succeeded(*each, time).what, connection_schedule::disposition::to_waiter);
    }
    EXPECT_EQ(small.give_back(kept, true, 5s, time).what, connection_schedule::disposition::idle);
    EXPECT_EQ(small.give_back(surplus, true, 5s, time).what, connection_schedule::disposition::closed_surplus);
    EXPECT_EQ(small.open(), 1U);
    small.forget_idle(kept);
}

TEST_F(connection_schedule_test, connections_as_old_as_a_stale_one_go_and_younger_ones_stay)
{
    pooled& stale = dial();
    pooled& as_old = dial();
    pooled& younger = dial();
    give_back(as_old);
    give_back(stale);
    pass(1s);
    EXPECT_EQ(take(), &stale);
    give_back(younger);
    core.evict_as_old_as(stale, gone);
    ASSERT_EQ(gone.size(), 1U);
    EXPECT_EQ(&gone.front(), &as_old);
    EXPECT_EQ(take(), &younger);
}

TEST_F(connection_schedule_test, a_long_way_makes_a_wide_margin)
{
    pooled& far = dial();
    far.margin = 2500ms;
    give_back(far, 5s);
    pass(2400ms);
    EXPECT_EQ(take(), &far);
    give_back(far, 5s);
    pass(2500ms);
    EXPECT_EQ(take(), nullptr);
}

TEST_F(connection_schedule_test, a_connection_that_carried_nothing_yet_is_good_for_25_seconds)
{
    pooled& fresh = connections.emplace_back();
    ASSERT_EQ(core.begin_spare_dials(1), 1U);
    ASSERT_EQ(core.dial_succeeded(fresh, time).what, connection_schedule::disposition::idle);
    pass(24'999ms);
    EXPECT_EQ(take(true), &fresh);
    give_back(fresh);
    pass(4s);
    EXPECT_EQ(take(), nullptr);

    pooled& unused = connections.emplace_back();
    ASSERT_EQ(core.begin_spare_dials(1), 1U);
    ASSERT_EQ(core.dial_succeeded(unused, time).what, connection_schedule::disposition::idle);
    pass(25s);
    EXPECT_EQ(take(), nullptr);
}

TEST_F(connection_schedule_test, a_connection_whose_call_gave_up_ends_with_the_idle_limit)
{
    pool_waiter waiter;
    ASSERT_TRUE(core.enqueue(waiter));
    ASSERT_EQ(core.begin_dials(gone), 1U);
    core.remove(waiter);
    pooled& unclaimed = connections.emplace_back();
    ASSERT_EQ(core.dial_succeeded(unclaimed, time).what, connection_schedule::disposition::idle);
    EXPECT_EQ(core.next_due(), time.now + 1s);
    pass(3999ms);
    EXPECT_EQ(take(true), &unclaimed);
    EXPECT_EQ(core.give_back_unused(unclaimed, true, time).what, connection_schedule::disposition::idle);
    pass(1ms);
    EXPECT_EQ(take(), nullptr) << "carrying nothing has not made it younger";
}

TEST_F(connection_schedule_test, of_connections_in_the_making_as_many_last_as_were_asked_for)
{
    pool_waiter waiter;
    ASSERT_TRUE(core.enqueue(waiter));
    ASSERT_EQ(core.begin_dials(gone), 1U);
    ASSERT_EQ(core.begin_spare_dials(2), 2U);
    core.remove(waiter);
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(core.dial_succeeded(connections.emplace_back(), time).what, connection_schedule::disposition::idle);
    }
    pass(4s);
    core.expire_idle(time, gone);
    EXPECT_EQ(core.idle(), 2U);
    // One that a call takes is one less to be ready for others.
    pass(46s);
    core.expire_idle(time, gone);
    ASSERT_EQ(core.begin_spare_dials(1), 1U);
    pool_waiter taker;
    ASSERT_TRUE(core.enqueue(taker));
    ASSERT_EQ(core.begin_dials(gone), 0U);
    ASSERT_EQ(core.dial_succeeded(connections.emplace_back(), time).waiter, &taker);
    pool_waiter other;
    ASSERT_TRUE(core.enqueue(other));
    ASSERT_EQ(core.begin_dials(gone), 1U);
    core.remove(other);
    ASSERT_EQ(core.dial_succeeded(connections.emplace_back(), time).what, connection_schedule::disposition::idle);
    pass(4s);
    core.expire_idle(time, gone);
    EXPECT_EQ(core.idle(), 0U);
}

TEST_F(connection_schedule_test, without_keep_alive_a_new_connection_still_serves_waiters)
{
    connection_schedule keeping_none{pool_rules{3, 2, 3, 0s}};
    pool_waiter careful{true};
    ASSERT_TRUE(keeping_none.enqueue(careful));
    ASSERT_EQ(keeping_none.begin_dials(gone), 1U);
    pooled made;
    EXPECT_EQ(keeping_none.dial_succeeded(made, time).waiter, &careful);
    pool_waiter leaves;
    ASSERT_TRUE(keeping_none.enqueue(leaves));
    ASSERT_EQ(keeping_none.begin_dials(gone), 1U);
    keeping_none.remove(leaves);
    pooled unclaimed;
    EXPECT_EQ(keeping_none.dial_succeeded(unclaimed, time).what, connection_schedule::disposition::closed_expired);
}

/// With room to learn how long the peer keeps connections.
class learning_schedule_test : public ::testing::Test {
protected:
    ~learning_schedule_test() override
    {
        core.expire_all(gone);
        gone.clear();
    }

    pooled& prewarm()
    {
        EXPECT_EQ(core.begin_spare_dials(core.open() + 1), 1U);
        pooled& made = connections.emplace_back();
        EXPECT_EQ(core.dial_succeeded(made, time).what, connection_schedule::disposition::idle);
        return made;
    }

    pooled& carry()
    {
        prewarm();
        pooled& used = *core.take_idle(time, false, gone);
        EXPECT_EQ(core.give_back(used, true, {}, time).what, connection_schedule::disposition::idle);
        return used;
    }

    void pass(std::chrono::milliseconds by)
    {
        time.now += by;
        time.wall += by;
    }

    void close(pooled& idle)
    {
        EXPECT_TRUE(core.forget_idle(idle));
        core.learn_from_close(idle, time);
    }

    connection_schedule core{pool_rules{3, 2, 3, 5min}};
    pool_time time{clock::time_point{} + 1h, clock::wall_time{} + 1h};
    std::list<pooled> connections;
    pooled_list gone;
};

TEST_F(learning_schedule_test, a_connection_that_reaches_the_limit_raises_it_for_the_next)
{
    carry();
    pass(4s);
    core.expire_idle(time, gone);
    EXPECT_EQ(carry().idle_limit, 8s);
    pass(8s);
    EXPECT_EQ(core.take_idle(time, false, gone), nullptr) << "nobody looked before";
    EXPECT_EQ(carry().idle_limit, 16s);
}

TEST_F(learning_schedule_test, a_connection_that_ends_with_its_lifetime_teaches_nothing)
{
    carry().dies_at = time.now + 4s;
    pass(4s);
    core.expire_idle(time, gone);
    EXPECT_EQ(gone.size(), 1U);
    EXPECT_EQ(carry().idle_limit, 4s);
}

TEST_F(learning_schedule_test, a_connection_that_carried_nothing_teaches_nothing)
{
    close(prewarm());
    prewarm();
    pass(25s);
    core.expire_idle(time, gone);
    EXPECT_EQ(gone.size(), 1U);
    EXPECT_EQ(carry().idle_limit, 4s);
}

TEST_F(learning_schedule_test, the_limit_learned_from_one_connection_holds_for_the_others)
{
    pooled& closed = carry();
    pass(500ms);
    pooled& other = carry();
    pooled& unused = prewarm();
    pass(2500ms);
    close(closed);
    EXPECT_EQ(other.idle_limit, 2s);
    EXPECT_EQ(other.careful_idle_limit, 1s);
    EXPECT_EQ(unused.idle_limit, 25s) << "the peer waits longer for the first request";
    EXPECT_EQ(core.take_idle(time, true, gone), &unused);
    EXPECT_EQ(core.give_back_unused(unused, true, time).what, connection_schedule::disposition::idle);
    core.expire_idle(time, gone);
    EXPECT_EQ(gone.size(), 1U);
}

TEST_F(learning_schedule_test, an_end_that_was_seen_late_teaches_nothing)
{
    pooled& suspended = carry();
    time.wall += 1h;
    close(suspended);
    EXPECT_EQ(carry().idle_limit, 4s);
}

TEST_F(learning_schedule_test, only_what_a_response_proved_counts_for_what_cannot_be_repeated)
{
    for (const auto gap : {3900ms, 4000ms, 7900ms}) {
        EXPECT_EQ(carry().careful_idle_limit, 2s);
        pass(gap);
        core.expire_idle(time, gone);
    }
    pooled* const used = core.take_idle(time, false, gone);
    ASSERT_NE(used, nullptr);
    EXPECT_EQ(core.give_back_unused(*used, true, time).what, connection_schedule::disposition::idle);
    EXPECT_EQ(used->careful_idle_limit, 2s);
    ASSERT_EQ(core.take_idle(time, false, gone), used);
    EXPECT_EQ(core.give_back(*used, true, {}, time).what, connection_schedule::disposition::idle);
    EXPECT_EQ(used->careful_idle_limit, 3950ms);
}

TEST_F(connection_schedule_test, a_waiter_that_accepts_any_connection_overtakes_one_that_needs_a_new_one)
{
    pooled& first = dial();
    give_back(first);
    pass(3s);
    EXPECT_EQ(take(true), nullptr);
    pool_waiter careful{true};
    ASSERT_TRUE(core.enqueue(careful));
    ASSERT_EQ(core.begin_dials(gone), 1U);
    EXPECT_EQ(take(false), &first);
    EXPECT_EQ(core.give_back_unused(first, true, time).what, connection_schedule::disposition::idle)
        << "too old for who waits";
    EXPECT_EQ(take(false), &first);
    EXPECT_EQ(core.give_back(first, true, 5s, time).waiter, &careful) << "now it is fresh";
}

TEST_F(connection_schedule_test, an_unused_connection_goes_to_the_first_waiter_that_accepts_it)
{
    pooled& first = dial();
    dial();
    dial();
    give_back(first);
    pass(3s);
    ASSERT_EQ(take(), &first);
    pool_waiter careful{true};
    pool_waiter any;
    ASSERT_TRUE(core.enqueue(careful));
    ASSERT_TRUE(core.enqueue(any));
    EXPECT_EQ(core.give_back_unused(first, true, time).waiter, &any);
    pass(1s);
    EXPECT_EQ(core.give_back_unused(first, true, time).what, connection_schedule::disposition::closed_expired);
    EXPECT_EQ(core.begin_dials(gone), 1U);
    core.remove(careful);
}

TEST_F(connection_schedule_test, a_fresh_connection_goes_to_the_longest_waiting)
{
    pooled& first = dial();
    dial();
    dial();
    pool_waiter careful{true};
    pool_waiter any;
    ASSERT_TRUE(core.enqueue(any));
    ASSERT_TRUE(core.enqueue(careful));
    EXPECT_EQ(core.give_back(first, true, 5s, time).waiter, &any);
    EXPECT_EQ(core.give_back(first, true, 5s, time).waiter, &careful);
}

TEST_F(connection_schedule_test, a_fresh_connection_behind_a_stale_one_is_found)
{
    pooled& prewarmed = connections.emplace_back();
    ASSERT_EQ(core.begin_spare_dials(1), 1U);
    ASSERT_EQ(core.dial_succeeded(prewarmed, time).what, connection_schedule::disposition::idle);
    pooled& used = dial();
    give_back(used);
    pass(3s);
    EXPECT_EQ(take(true), &prewarmed);
    EXPECT_EQ(take(false), &used);
}

TEST_F(connection_schedule_test, a_waiter_knows_what_it_waits_for)
{
    pool_waiter first;
    pool_waiter second{true};
    ASSERT_TRUE(core.enqueue(first));
    ASSERT_TRUE(core.enqueue(second));
    ASSERT_EQ(core.begin_dials(gone), 2U);
    EXPECT_TRUE(core.outlook(second).dialing);
    EXPECT_EQ(core.outlook(second).ahead, 1U);
    core.remove(first);
    EXPECT_EQ(core.outlook(second).ahead, 0U);
    ASSERT_EQ(core.dial_succeeded(connections.emplace_back(), time).waiter, &second);
    ASSERT_EQ(core.dial_succeeded(connections.emplace_back(), time).what, connection_schedule::disposition::idle);
    ASSERT_NE(take(), nullptr);
    dial();
    ASSERT_TRUE(core.enqueue(first));
    ASSERT_EQ(core.begin_dials(gone), 0U);
    EXPECT_FALSE(core.outlook(first).dialing) << "all are busy";
    EXPECT_EQ(core.outlook(first).ahead, 0U);
    core.remove(first);
}

TEST_F(connection_schedule_test, one_of_many_that_wait_for_the_only_connection_waits_for_its_making)
{
    connection_schedule single{pool_rules{1, 9, 1, 4s}};
    std::array<pool_waiter, 3> all;
    for (pool_waiter& each : all) {
        ASSERT_TRUE(single.enqueue(each));
    }
    ASSERT_EQ(single.begin_dials(gone), 1U);
    EXPECT_TRUE(single.outlook(all[2]).dialing);
    EXPECT_EQ(single.outlook(all[2]).ahead, 2U);
    ASSERT_EQ(single.dial_succeeded(connections.emplace_back(), time).waiter, all.data());
    EXPECT_FALSE(single.outlook(all[2]).dialing) << "there is none that could still be made";
    while (single.pop_waiter() != nullptr) {
    }
}

TEST_F(connection_schedule_test, spare_connections_are_made_up_to_the_maximum_and_beside_those_that_are_waited_for)
{
    dial();
    EXPECT_EQ(core.begin_spare_dials(2), 1U);
    EXPECT_EQ(core.begin_spare_dials(2), 0U);
    pool_waiter waiter;
    ASSERT_TRUE(core.enqueue(waiter));
    // The one in the making is the waiter's now.
    EXPECT_EQ(core.begin_spare_dials(2), 1U);
    EXPECT_EQ(core.begin_spare_dials(3), 0U) << "no more than max_connections";
    core.remove(waiter);
}

TEST_F(connection_schedule_test, a_hundred_thousand_waiters_can_leave_from_the_middle)
{
    connection_schedule large{pool_rules{1, 200'000, 1, 4s}};
    std::vector<pool_waiter> many(100'000);
    for (pool_waiter& each : many) {
        ASSERT_TRUE(large.enqueue(each));
    }
    ASSERT_EQ(large.begin_dials(gone), 1U);
    for (std::size_t i = 0; i < many.size(); ++i) {
        large.remove(many[(i + many.size() / 2) % many.size()]);
    }
    EXPECT_EQ(large.waiting(), 0U);
    EXPECT_EQ(large.dial_failed(), nullptr);
    EXPECT_EQ(large.open(), 0U);
}

TEST_F(connection_schedule_test, a_failure_to_connect_costs_no_place_however_often)
{
    for (int i = 0; i < 10'000; ++i) {
        pool_waiter waiter;
        ASSERT_TRUE(core.enqueue(waiter));
        ASSERT_EQ(core.begin_dials(gone), 1U);
        ASSERT_EQ(core.dial_failed(), &waiter);
        ASSERT_EQ(core.open(), 0U);
    }
}

/// Does anything at random and holds the books against its own.
class pool_model {
public:
    explicit pool_model(unsigned seed) : random_(seed) {}
    ~pool_model()
    {
        core_.expire_all(gone_);
        while (core_.pop_waiter() != nullptr) {
        }
    }
    pool_model(const pool_model&) = delete;
    pool_model& operator=(const pool_model&) = delete;

    void step()
    {
        switch (random_() % 10) {
        case 0:
        case 1: acquire(); break;
        case 2: give_back(); break;
        case 3: finish_dial(true); break;
        case 4: finish_dial(random_() % 2 == 0); break;
        case 5: give_up(); break;
        case 6: lose_idle(); break;
        case 7: dialing_ += core_.begin_spare_dials(random_() % (max_connections + 1)); break;
        case 8: find_stale(); break;
        default: pass_time(); break;
        }
        begin_dials();
        check();
    }

private:
    static constexpr std::size_t max_connections = 5;

    void acquire()
    {
        const bool careful = random_() % 2 == 0;
        if (pooled* const found = core_.take_idle(time_, careful, gone_)) {
            busy_.push_back(found);
        } else if (auto waiter = make_waiter(careful); core_.enqueue(*waiter)) {
            waiting_.push_back(std::move(waiter));
        }
        forget_gone();
    }

    std::unique_ptr<pool_waiter> make_waiter(bool careful)
    {
        return std::make_unique<pool_waiter>(careful,
                                             queue_place{static_cast<urgency>(random_() % urgencies), random_() % 3});
    }

    void give_back()
    {
        if (busy_.empty()) {
            return;
        }
        const std::size_t at = random_() % busy_.size();
        pooled* const used = busy_[at];
        busy_.erase(busy_.begin() + static_cast<std::ptrdiff_t>(at));
        const bool was_used = random_() % 4 != 0;
        const bool reusable = random_() % 4 != 0;
        const auto result = was_used ? core_.give_back(*used, reusable, std::chrono::seconds{random_() % 8}, time_)
                                     : core_.give_back_unused(*used, reusable, time_);
        if (result.what == connection_schedule::disposition::to_waiter) {
            serve(result.waiter);
            busy_.push_back(used);
        } else if (result.what != connection_schedule::disposition::idle) {
            gone_.push_back(*used);
            forget_gone();
        }
    }

    void finish_dial(bool well)
    {
        if (dialing_ == 0) {
            return;
        }
        --dialing_;
        if (!well) {
            if (pool_waiter* const next = core_.dial_failed()) {
                serve(next);
            }
            return;
        }
        pooled& made = *connections_.emplace_back(std::make_unique<pooled>());
        const auto result = core_.dial_succeeded(made, time_);
        if (result.what == connection_schedule::disposition::to_waiter) {
            serve(result.waiter);
            busy_.push_back(&made);
        } else if (result.what == connection_schedule::disposition::closed_surplus) {
            gone_.push_back(made);
            forget_gone();
        }
    }

    void give_up()
    {
        if (!waiting_.empty()) {
            const std::size_t at = random_() % waiting_.size();
            core_.remove(*waiting_[at]);
            waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(at));
        }
    }

    void lose_idle()
    {
        for (const auto& each : connections_) {
            if (each->is_linked()) {
                core_.forget_idle(*each);
                gone_.push_back(*each);
                break;
            }
        }
        forget_gone();
    }

    void find_stale()
    {
        if (!busy_.empty()) {
            core_.evict_as_old_as(*busy_.front(), gone_);
            forget_gone();
        }
    }

    void pass_time()
    {
        const auto by = std::chrono::milliseconds{random_() % 2000};
        time_.now += by;
        time_.wall += by;
        if (random_() % 2 == 0) {
            core_.expire_idle(time_, gone_);
            forget_gone();
        }
    }

    void begin_dials()
    {
        dialing_ += core_.begin_dials(gone_);
        forget_gone();
    }

    /// The first of its flow.
    void serve(pool_waiter* waiter)
    {
        const auto first = std::ranges::find_if(waiting_, [waiter](const auto& each) {
            return each->place.flow == waiter->place.flow && each->place.how_urgent == waiter->place.how_urgent;
        });
        ASSERT_EQ(waiter, first->get()) << "out of turn";
        waiting_.erase(first);
    }

    void forget_gone()
    {
        while (!gone_.empty()) {
            pooled& each = gone_.front();
            gone_.pop_front();
            ASSERT_FALSE(each.is_linked());
            std::erase_if(connections_, [&each](const auto& owned) { return owned.get() == &each; });
        }
    }

    void check()
    {
        ASSERT_EQ(core_.busy(), busy_.size());
        ASSERT_EQ(core_.dialing(), dialing_);
        ASSERT_EQ(core_.waiting(), waiting_.size());
        ASSERT_EQ(core_.idle() + core_.busy(), connections_.size());
        ASSERT_LE(core_.open(), max_connections);
        ASSERT_LE(core_.idle(), 4U);
        // Nobody starves: none that is idle is accepted by anybody who waits.
        for (const bool careful : {false, true}) {
            const auto waits_so = [careful](const auto& each) { return each->careful == careful; };
            ASSERT_TRUE(std::ranges::none_of(waiting_, waits_so) || core_.take_idle(time_, careful, gone_) == nullptr);
        }
        forget_gone();
        // And whoever waits has a connection in the making, or all there may be are in use.
        ASSERT_TRUE(waiting_.empty() || dialing_ >= waiting_.size() || core_.open() == max_connections);
    }

    std::mt19937 random_;
    connection_schedule core_{pool_rules{max_connections, 20, 4, 4s}};
    pool_time time_{clock::time_point{} + 1h, clock::wall_time{} + 1h};
    std::vector<std::unique_ptr<pooled>> connections_;
    std::vector<pooled*> busy_;
    std::vector<std::unique_ptr<pool_waiter>> waiting_;
    pooled_list gone_;
    std::size_t dialing_ = 0;
};

TEST(connection_schedule_model, a_million_random_steps_keep_the_counts_consistent)
{
    pool_model model{20261123};
    for (int i = 0; i < 1'000'000 && !::testing::Test::HasFatalFailure(); ++i) {
        model.step();
    }
}

} // namespace
} // namespace sipher::detail
