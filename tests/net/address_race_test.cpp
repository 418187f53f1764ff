#include "net/address_race.hpp"

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace error = boost::asio::error;
using boost::asio::ip::address;
using detail::address_race;

std::vector<address> addresses(const std::vector<std::string>& texts)
{
    std::vector<address> result;
    for (const std::string& each : texts) {
        result.push_back(boost::asio::ip::make_address(each));
    }
    return result;
}

class address_race_test : public ::testing::Test {
protected:
    void start(const std::vector<std::string>& texts)
    {
        race.emplace(443);
        race->add(addresses(texts), true, now);
    }

    /// What begins now, in words, with what is given up for it in brackets.
    std::string begins()
    {
        std::string text;
        for (auto step = race->next(now); step.begin; step = race->next(now)) {
            text += (text.empty() ? "" : " ") + race->at(*step.begin).address().to_string();
            if (step.abandon) {
                text += "[" + race->at(*step.abandon).address().to_string() + "]";
            }
        }
        return text;
    }

    clock::time_point now{};
    std::optional<address_race> race;
};

TEST_F(address_race_test, families_alternate)
{
    start({"::1", "::2", "::3", "127.0.0.1", "127.0.0.2"});
    EXPECT_EQ(begins(), "::1");
    for (const char* const next : {"127.0.0.1", "::2", "127.0.0.2", "::3"}) {
        now = race->next_step();
        EXPECT_EQ(begins(), next);
    }
    EXPECT_EQ(race->next_step(), clock::time_point::max());
}

TEST_F(address_race_test, a_silent_address_has_a_head_start_of_250_ms)
{
    start({"::1", "127.0.0.1"});
    EXPECT_EQ(begins(), "::1");
    now += 249ms;
    EXPECT_EQ(begins(), "");
    now += 1ms;
    EXPECT_EQ(begins(), "127.0.0.1");
}

TEST_F(address_race_test, after_a_failure_the_next_address_is_tried_at_once)
{
    start({"::1", "127.0.0.1"});
    EXPECT_EQ(begins(), "::1");
    race->failed(0, error::connection_refused, now);
    EXPECT_EQ(begins(), "127.0.0.1");
    EXPECT_FALSE(race->is_lost(now));
    race->failed(1, error::connection_refused, now);
    EXPECT_TRUE(race->is_lost(now));
    EXPECT_EQ(race->problems(), "[::1]:443: Connection refused; 127.0.0.1:443: Connection refused");
}

TEST_F(address_race_test, at_most_six_are_open_and_the_oldest_makes_room_after_a_second)
{
    start({"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8"});
    for (int i = 0; i < 6; ++i) {
        EXPECT_NE(begins(), "");
        now += 250ms;
    }
    // 1.5 s after the first: that one has had its second.
    EXPECT_EQ(begins(), "10.0.0.7[10.0.0.1]");
    EXPECT_EQ(begins(), "");
    now += 250ms;
    EXPECT_EQ(begins(), "10.0.0.8[10.0.0.2]");
    EXPECT_NE(race->problems().find("10.0.0.1:443: no response in time"), std::string::npos);
}

TEST_F(address_race_test, none_makes_room_before_it_had_a_second)
{
    start({"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"});
    // A late wake-up begins one address, not all that would have been due.
    for (int i = 0; i < 6; ++i) {
        now += i < 2 ? 0ms : 100ms;
        begins();
        now = race->next_step();
    }
    EXPECT_GE(now - race->began(0), 1s);
    EXPECT_EQ(begins(), "10.0.0.7[10.0.0.1]");
}

TEST_F(address_race_test, addresses_that_become_known_later_take_turns_with_the_others)
{
    start({"127.0.0.1", "127.0.0.2"});
    EXPECT_EQ(begins(), "127.0.0.1");
    race->add(addresses({"::1", "127.0.0.1", "127.0.0.2", "::2"}), true, now);
    for (const char* const next : {"::1", "127.0.0.2", "::2"}) {
        now = race->next_step();
        EXPECT_EQ(begins(), next);
    }
    EXPECT_EQ(race->next_step(), clock::time_point::max());
}

TEST_F(address_race_test, a_lost_race_goes_on_with_an_address_that_comes_late)
{
    start({"127.0.0.1"});
    EXPECT_EQ(begins(), "127.0.0.1");
    race->failed(0, error::connection_refused, now);
    EXPECT_TRUE(race->is_lost(now));
    race->add(addresses({"::1"}), true, now);
    EXPECT_FALSE(race->is_lost(now));
    EXPECT_EQ(begins(), "::1");
}

TEST_F(address_race_test, ipv4_addresses_wait_a_moment_for_ipv6_ones_that_are_asked_for)
{
    race.emplace(443);
    race->add(addresses({"127.0.0.1"}), false, now);
    EXPECT_EQ(begins(), "");
    EXPECT_EQ(race->next_step(), now + 50ms);
    now += 20ms;
    race->add(addresses({"::1", "127.0.0.1"}), true, now);
    EXPECT_EQ(begins(), "::1");
    now += 250ms;
    EXPECT_EQ(begins(), "127.0.0.1");
}

TEST_F(address_race_test, ipv6_addresses_wait_for_nothing)
{
    race.emplace(443);
    race->add(addresses({"::1"}), false, now);
    EXPECT_EQ(begins(), "::1");
}

TEST_F(address_race_test, addresses_that_are_still_asked_for_have_a_moment_after_all_have_failed)
{
    race.emplace(443);
    EXPECT_FALSE(race->is_lost(now + 1h)) << "nothing is known yet";
    race->add(addresses({"127.0.0.1"}), false, now);
    now += 50ms;
    EXPECT_EQ(begins(), "127.0.0.1");
    now += 10ms;
    race->failed(0, error::connection_refused, now);
    EXPECT_FALSE(race->is_lost(now));
    EXPECT_EQ(race->next_step(), now + 50ms);
    EXPECT_TRUE(race->is_lost(now + 50ms));
    race->add(addresses({"127.0.0.1"}), true, now);
    EXPECT_TRUE(race->is_lost(now)) << "there will be no more";
}

TEST_F(address_race_test, no_address_is_a_lost_race)
{
    start({});
    EXPECT_EQ(begins(), "");
    EXPECT_TRUE(race->is_lost(now));
}

} // namespace
} // namespace sipher::test
