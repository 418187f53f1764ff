#include <sipher/clock.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace {

using namespace std::chrono_literals;

/// An alarm of the real clock that counts its wake-ups. Only points of time that have passed, or are far away, are
/// used, so nothing waits.
class system_clock_alarm : public testing::Test {
protected:
    void make()
    {
        alarm = clock->make_alarm(context.get_executor(), [this] { ++wakes; });
    }

    boost::asio::io_context context;
    std::shared_ptr<sipher::clock> clock = sipher::system_clock();
    int wakes = 0;
    std::unique_ptr<sipher::clock::alarm> alarm;
};

TEST(system_clock, provides_steady_and_wall_time)
{
    const auto clock = sipher::system_clock();
    const auto before = std::chrono::steady_clock::now();
    const auto now = clock->now();
    EXPECT_GE(now, before);
    EXPECT_LE(now, std::chrono::steady_clock::now());
    EXPECT_GT(clock->wall_now().time_since_epoch(), 1'700'000'000'000ms);
    EXPECT_LT(clock->wall_now().time_since_epoch(), 253'402'300'799'999ms);
}

TEST(system_clock, tells_the_time_since_the_machine_was_started)
{
    const auto clock = sipher::system_clock();
    const auto boot = clock->boot_now();
    const auto steady = clock->now();
    EXPECT_GE(boot.time_since_epoch() + 1s, steady.time_since_epoch()) << "it stands still never, the other one may";
    EXPECT_GE(clock->boot_now(), boot);
}

TEST_F(system_clock_alarm, wakes_once_and_never_inside_set)
{
    make();
    alarm->set(clock->now() - 1s);
    EXPECT_EQ(wakes, 0);
    context.run();
    EXPECT_EQ(wakes, 1);
}

TEST_F(system_clock_alarm, can_be_set_again_after_it_woke)
{
    make();
    alarm->set(clock->now());
    context.run();
    alarm->set(clock->now());
    context.restart();
    context.run();
    EXPECT_EQ(wakes, 2);
}

TEST_F(system_clock_alarm, keeps_the_last_arrangement_only)
{
    make();
    alarm->set(clock->now() + 24h);
    alarm->set(clock->now() - 1s);
    context.run();
    EXPECT_EQ(wakes, 1);
}

TEST_F(system_clock_alarm, stays_silent_when_cancelled)
{
    make();
    alarm->set(clock->now() - 1s);
    alarm->cancel();
    context.run();
    EXPECT_EQ(wakes, 0);
}

TEST_F(system_clock_alarm, stays_silent_when_cancelled_after_it_came_due)
{
    make();
    alarm->set(clock->now() - 1s);
    auto second = clock->make_alarm(context.get_executor(), [this] { ++wakes; });
    second->set(clock->now() - 1s);
    context.run_one();
    EXPECT_EQ(wakes, 1);
    alarm->cancel();
    second->cancel();
    context.run();
    EXPECT_EQ(wakes, 1);
}

TEST_F(system_clock_alarm, is_harmless_after_it_was_destroyed)
{
    make();
    alarm->set(clock->now() - 1s);
    alarm.reset();
    clock.reset();
    context.run();
    EXPECT_EQ(wakes, 0);
}

TEST_F(system_clock_alarm, takes_a_time_that_never_comes)
{
    make();
    alarm->set(sipher::clock::time_point::max());
    context.poll();
    EXPECT_EQ(wakes, 0);
    alarm.reset();
    context.run();
    EXPECT_EQ(wakes, 0);
}

TEST(system_clock, releases_what_a_pending_alarm_holds_with_the_context)
{
    const auto held = std::make_shared<int>(1);
    {
        boost::asio::io_context context;
        auto alarm = sipher::system_clock()->make_alarm(context.get_executor(), [held] {});
        alarm->set(std::chrono::steady_clock::now() + 24h);
        alarm.reset();
    }
    EXPECT_EQ(held.use_count(), 1);
}

} // namespace
