#include "call/known_sessions.hpp"
#include "call/low_discrepancy_sequence.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;

session_id id_of(int number)
{
    const std::string digits = std::to_string(number);
    return session_id{"sess_" + digits + std::string(64 - digits.size(), 'a')};
}

class known_sessions_test : public ::testing::Test {
protected:
    const clock::time_point start = clock::time_point{} + 24h;
    const session_id id = id_of(1);
    known_sessions known;
};

TEST_F(known_sessions_test, an_unknown_session_is_not_refused)
{
    EXPECT_FALSE(known.is_gone(id, start));
    EXPECT_FALSE(known.end_of(id));
}

TEST_F(known_sessions_test, it_ends_when_its_life_is_over_counted_from_the_response)
{
    known.learn({id, 60s}, start, start + 200ms);
    EXPECT_EQ(known.end_of(id), start + 60s + 200ms);
    EXPECT_FALSE(known.is_gone(id, start + 60s));
    EXPECT_EQ(known.why_gone(id, start + 60s + 200ms), "the session to run under has expired");
}

TEST_F(known_sessions_test, of_two_responses_the_more_exact_one_counts)
{
    known.learn({id, 60s}, start, start + 10s);
    known.learn({id, 30s}, start + 30s, start + 30s + 100ms);
    EXPECT_EQ(known.end_of(id), start + 60s + 100ms);
    known.learn({id, 20s}, start + 40s, start + 70s);
    EXPECT_EQ(known.end_of(id), start + 60s + 100ms) << "a late response adds nothing";
}

TEST_F(known_sessions_test, a_service_whose_clock_was_set_is_believed)
{
    known.learn({id, 60s}, start, start);
    known.learn({id, 3600s}, start + 10s, start + 10s);
    EXPECT_EQ(known.end_of(id), start + 3610s);
    known.learn({id, 5s}, start + 20s, start + 20s);
    EXPECT_EQ(known.end_of(id), start + 25s);
}

TEST_F(known_sessions_test, a_life_of_any_length_can_be_counted)
{
    known.learn({id, std::chrono::milliseconds{-253'402'300'799'999}}, start, start);
    EXPECT_TRUE(known.is_gone(id, start));
    known.learn({id_of(2), std::chrono::milliseconds{253'402'300'799'999}}, start, start);
    EXPECT_FALSE(known.is_gone(id_of(2), start + 24h));
}

TEST_F(known_sessions_test, a_late_success_does_not_revive_what_is_gone)
{
    known.mark_gone(id, start + 2s);
    known.learn({id, 60s}, start + 1s, start + 3s);
    EXPECT_TRUE(known.is_gone(id, start + 3s)) << "it was asked for before";
    known.learn({id, 60s}, start + 3s, start + 4s);
    EXPECT_FALSE(known.is_gone(id, start + 4s)) << "the service has it after all";
    known.remove(id, start + 5s);
    known.learn({id, 60s}, start + 6s, start + 7s);
    EXPECT_TRUE(known.is_gone(id, start + 7s)) << "a delete is for ever";
    known.mark_gone(id, start + 8s);
    known.learn({id, 60s}, start + 9s, start + 10s);
    EXPECT_TRUE(known.is_gone(id, start + 10s));
}

TEST_F(known_sessions_test, none_is_forgotten_while_it_could_still_live)
{
    for (int i = 0; i < 20'000; ++i) {
        known.remove(id_of(i), start + i * 1s);
    }
    EXPECT_TRUE(known.is_gone(id_of(0), start + 24h - 1s));
    EXPECT_TRUE(known.is_gone(id_of(19'999), start + 24h - 1s));
}

TEST_F(known_sessions_test, sessions_that_ended_a_day_ago_are_dropped_when_there_are_many)
{
    for (int i = 0; i < 1024; ++i) {
        known.learn({id_of(i), 60s}, start, start);
    }
    known.learn({id_of(5000), 60s}, start + 25h, start + 25h);
    EXPECT_FALSE(known.end_of(id_of(0)));
    EXPECT_TRUE(known.end_of(id_of(5000)));
}

TEST(low_discrepancy_sequence, a_thousand_are_spread_evenly_from_any_beginning)
{
    for (const double first : {0.0, 0.3, 0.99}) {
        low_discrepancy_sequence spread{first};
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

} // namespace
} // namespace sipher::detail
