#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using sipher::testing::manual_clock;
using time_point = sipher::clock::time_point;

class manual_clock_test : public testing::Test {
protected:
    std::unique_ptr<sipher::clock::alarm> make_alarm(int number)
    {
        return time.make_alarm(context.get_executor(), [this, number] { woken.push_back(number); });
    }

    void run()
    {
        context.restart();
        context.poll();
    }

    boost::asio::io_context context;
    manual_clock time;
    std::vector<int> woken;
};

TEST_F(manual_clock_test, stands_still_until_it_is_moved)
{
    const time_point start = time.now();
    EXPECT_EQ(time.now(), start);
    EXPECT_EQ(time.wall_now().time_since_epoch(), 1'795'464'000'000ms);
}

TEST_F(manual_clock_test, starts_at_the_given_time)
{
    const manual_clock other{sipher::clock::wall_time{5ms}};
    EXPECT_EQ(other.wall_now().time_since_epoch(), 5ms);
}

TEST_F(manual_clock_test, advance_moves_both_times)
{
    const time_point start = time.now();
    const auto wall_start = time.wall_now();
    time.advance(1500ms);
    EXPECT_EQ(time.now() - start, 1500ms);
    EXPECT_EQ(time.wall_now() - wall_start, 1500ms);
}

TEST_F(manual_clock_test, fractions_of_a_millisecond_add_up_in_the_civil_time)
{
    const auto wall_start = time.wall_now();
    time.advance(600us);
    EXPECT_EQ(time.wall_now() - wall_start, 0ms);
    time.advance(600us);
    EXPECT_EQ(time.wall_now() - wall_start, 1ms);
}

TEST_F(manual_clock_test, advance_wall_moves_only_the_civil_time)
{
    const auto alarm = make_alarm(1);
    alarm->set(time.now() + 1s);
    const time_point start = time.now();
    const auto wall_start = time.wall_now();
    time.advance_wall(1h);
    run();
    EXPECT_EQ(time.now(), start);
    EXPECT_EQ(time.wall_now() - wall_start, 1h);
    EXPECT_TRUE(woken.empty());
}

TEST_F(manual_clock_test, a_machine_that_is_suspended_notices_nothing_by_itself)
{
    const auto alarm = make_alarm(1);
    alarm->set(time.now() + 1s);
    const time_point start = time.now();
    const time_point boot = time.boot_now();
    const auto wall_start = time.wall_now();
    time.suspend(1h);
    run();
    EXPECT_EQ(time.now(), start);
    EXPECT_EQ(time.boot_now() - boot, 1h);
    EXPECT_EQ(time.wall_now() - wall_start, 1h);
    EXPECT_TRUE(woken.empty());
    time.advance(1s);
    EXPECT_EQ(time.boot_now() - boot, 1h + 1s);
}

TEST_F(manual_clock_test, an_alarm_wakes_once_when_its_time_has_come)
{
    const auto alarm = make_alarm(1);
    alarm->set(time.now() + 10s);
    time.advance(10s - 1ns);
    run();
    EXPECT_TRUE(woken.empty());
    time.advance(1ns);
    EXPECT_TRUE(woken.empty()) << "it must be posted, not called";
    run();
    EXPECT_EQ(woken, std::vector{1});
    time.advance(10s);
    run();
    EXPECT_EQ(woken, std::vector{1});
}

TEST_F(manual_clock_test, an_alarm_set_to_the_past_wakes_soon_but_not_within_set)
{
    const auto alarm = make_alarm(1);
    alarm->set(time.now() - 1s);
    EXPECT_TRUE(woken.empty());
    EXPECT_EQ(time.next_alarm(), time_point::max());
    run();
    EXPECT_EQ(woken, std::vector{1});
}

TEST_F(manual_clock_test, alarms_wake_in_the_order_of_their_times)
{
    const auto second = make_alarm(2);
    const auto first = make_alarm(1);
    second->set(time.now() + 2s);
    first->set(time.now() + 1s);
    time.advance(3s);
    run();
    EXPECT_EQ(woken, (std::vector{1, 2}));
}

TEST_F(manual_clock_test, setting_again_replaces)
{
    const auto alarm = make_alarm(1);
    alarm->set(time.now() + 1s);
    alarm->set(time.now() + 5s);
    time.advance(2s);
    run();
    EXPECT_TRUE(woken.empty());
    time.advance(3s);
    run();
    EXPECT_EQ(woken, std::vector{1});
}

TEST_F(manual_clock_test, a_cancelled_alarm_does_not_wake)
{
    const auto alarm = make_alarm(1);
    alarm->set(time.now() + 1s);
    alarm->cancel();
    time.advance(2s);
    run();
    EXPECT_TRUE(woken.empty());
}

TEST_F(manual_clock_test, a_wake_up_on_its_way_to_a_destroyed_alarm_is_lost)
{
    auto alarm = make_alarm(1);
    alarm->set(time.now() + 1s);
    time.advance(2s);
    alarm.reset();
    run();
    EXPECT_TRUE(woken.empty());
}

TEST_F(manual_clock_test, an_alarm_may_set_itself_again)
{
    std::unique_ptr<sipher::clock::alarm> alarm;
    alarm = time.make_alarm(context.get_executor(), [this, &alarm] {
        woken.push_back(1);
        alarm->set(time.now() + 1s);
    });
    alarm->set(time.now() + 1s);
    time.advance(1s);
    run();
    time.advance(1s);
    run();
    EXPECT_EQ(woken, (std::vector{1, 1}));
}

TEST_F(manual_clock_test, an_alarm_may_outlive_its_clock)
{
    auto brief = std::make_unique<manual_clock>();
    const auto alarm = brief->make_alarm(context.get_executor(), [this] { woken.push_back(1); });
    const time_point start = brief->now();
    brief.reset();
    alarm->set(start);
    run();
    EXPECT_EQ(woken, std::vector{1});
}

TEST_F(manual_clock_test, next_alarm_is_the_earliest)
{
    EXPECT_EQ(time.next_alarm(), time_point::max());
    const auto late = make_alarm(1);
    auto early = make_alarm(2);
    late->set(time.now() + 2s);
    early->set(time.now() + 1s);
    EXPECT_EQ(time.next_alarm(), time.now() + 1s);
    early.reset();
    EXPECT_EQ(time.next_alarm(), time.now() + 2s);
}

TEST_F(manual_clock_test, advance_until_goes_from_alarm_to_alarm)
{
    const time_point start = time.now();
    std::unique_ptr<sipher::clock::alarm> alarm;
    alarm = time.make_alarm(context.get_executor(), [this, &alarm] {
        woken.push_back(1);
        alarm->set(time.now() + 2s);
    });
    alarm->set(start + 1s);
    const auto woken_three_times = [this] {
        run();
        return woken.size() == 3;
    };
    time.advance_until(woken_three_times, 2s);
    EXPECT_EQ(time.now() - start, 5s);
}

TEST_F(manual_clock_test, advance_until_leaves_alone_what_is_beyond_the_horizon)
{
    const time_point start = time.now();
    const auto near = make_alarm(1);
    const auto far = make_alarm(2);
    near->set(start + 1s);
    far->set(start + 2s + 1ns);
    int asked = 0;
    time.advance_until([&asked] { return ++asked == 5; }, 1s);
    run();
    EXPECT_EQ(time.now() - start, 1s);
    EXPECT_EQ(woken, std::vector{1});
}

TEST_F(manual_clock_test, advance_until_waits_for_alarms_that_others_set)
{
    const time_point start = time.now();
    std::promise<void> promise;
    const std::future<void> result = promise.get_future();
    const std::jthread sleeper{[this, &promise] {
        const auto alarm = time.make_alarm(context.get_executor(), [&promise] { promise.set_value(); });
        const auto work = boost::asio::make_work_guard(context);
        alarm->set(time.now() + 30s);
        context.run_one();
    }};
    time.advance_until(result, 1min);
    EXPECT_EQ(time.now() - start, 30s);
}

TEST_F(manual_clock_test, may_be_used_from_many_threads)
{
    constexpr int rounds = 500;
    {
        const std::jthread mover{[this] {
            for (int i = 0; i < rounds; ++i) {
                time.advance(1ms);
            }
        }};
        const std::jthread setter{[this] {
            for (int i = 0; i < rounds; ++i) {
                const auto alarm = make_alarm(i);
                alarm->set(time.now() + 1ms);
            }
        }};
        for (int i = 0; i < rounds; ++i) {
            run();
        }
    }
    run();
    EXPECT_EQ(time.next_alarm(), time_point::max());
    EXPECT_LE(woken.size(), std::size_t{rounds});
}

} // namespace
