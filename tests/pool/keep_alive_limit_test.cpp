#include "pool/keep_alive_limit.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

class keep_alive_limit_test : public ::testing::Test {
protected:
    [[nodiscard]] nanoseconds any(nanoseconds margin = 1s) const { return limit.limits(margin).any; }
    [[nodiscard]] nanoseconds careful(nanoseconds margin = 1s) const { return limit.limits(margin).careful; }

    void outlive(int times)
    {
        for (; times != 0; --times) {
            limit.outlive(any());
        }
    }

    keep_alive_limit limit{5min};
};

TEST_F(keep_alive_limit_test, begins_with_four_seconds_and_half_of_it_for_what_cannot_be_repeated)
{
    EXPECT_EQ(any(), 4s);
    EXPECT_EQ(careful(), 2s);
}

TEST_F(keep_alive_limit_test, a_hint_binds_less_the_margin)
{
    limit.hear(75s);
    EXPECT_EQ(any(), 74s);
    EXPECT_EQ(any(3s), 72s);
    limit.outlive(74s);
    limit.see_closed(10s, 1s);
    EXPECT_EQ(any(), 74s) << "what says how long it keeps connections was restarted";
    limit.hear(5s);
    EXPECT_EQ(any(), 4s);
    EXPECT_EQ(careful(), 2500ms);
    limit.hear(std::chrono::seconds{99'999'999'999});
    EXPECT_EQ(any(), 5min) << "the ceiling stands";
    limit.hear(0s);
    EXPECT_LE(any(), 0s);
}

TEST_F(keep_alive_limit_test, without_a_hint_it_doubles_up_to_the_ceiling)
{
    for (const auto expected : {8s, 16s, 32s, 64s, 128s, 256s, 300s, 300s}) {
        outlive(1);
        EXPECT_EQ(any(), expected);
    }
}

TEST_F(keep_alive_limit_test, connections_that_reach_an_earlier_limit_do_not_count)
{
    outlive(1);
    limit.outlive(4s);
    limit.outlive(4s);
    EXPECT_EQ(any(), 8s);
}

TEST_F(keep_alive_limit_test, stays_below_what_the_peer_was_seen_to_keep)
{
    outlive(5);
    limit.see_closed(75s, 1s);
    EXPECT_EQ(any(), 74s);
    limit.see_closed(75s, 1s);
    EXPECT_EQ(any(), 74s) << "several end at a time";
    outlive(7);
    EXPECT_EQ(any(), 74s);
    outlive(1);
    EXPECT_EQ(any(), 148s) << "it may have been a restart";
    limit.see_closed(75s, 1s);
    EXPECT_EQ(any(), 74s);
}

TEST_F(keep_alive_limit_test, a_peer_that_closes_at_once_leaves_something_to_grow_from)
{
    limit.see_closed(1500ms, 1s);
    EXPECT_EQ(any(), 750ms) << "the margin is not all there is";
    limit.see_closed(0s, 1s);
    EXPECT_EQ(any(), 250ms);
    EXPECT_EQ(careful(), 125ms);
    outlive(8);
    EXPECT_EQ(any(), 500ms);
    outlive(3);
    EXPECT_EQ(any(), 4s);
}

TEST_F(keep_alive_limit_test, a_request_that_is_not_repeatable_uses_half_of_the_proved_idle_time)
{
    outlive(4);
    EXPECT_EQ(careful(), 2s) << "a connection that is still there need not lead anywhere";
    limit.prove(50s);
    limit.prove(3s);
    EXPECT_EQ(careful(), 25s);
    limit.see_closed(30s, 1s);
    EXPECT_EQ(careful(), 2s) << "it is no longer true";
    limit.hear(75s);
    EXPECT_EQ(careful(), 4s);
    limit.prove(70s);
    EXPECT_EQ(careful(), 35s);
    limit.hear(20s);
    EXPECT_EQ(careful(), 4s) << "that was another peer";
    limit.prove(19s);
    EXPECT_EQ(careful(), 9500ms);
    limit.hear(5s);
    limit.prove(3900ms);
    EXPECT_EQ(careful(), 2500ms);
}

TEST_F(keep_alive_limit_test, a_dead_connection_lowers_it_with_a_hint_as_well)
{
    limit.hear(400s);
    limit.find_dead(70s);
    EXPECT_EQ(any(), 35s);
    outlive(63);
    EXPECT_EQ(any(), 35s);
    outlive(1);
    EXPECT_EQ(any(), 70s);
    limit.find_dead(65s);
    EXPECT_EQ(any(), 32500ms);
    outlive(511);
    EXPECT_EQ(any(), 32500ms) << "each costs a call its time, so it is tried less and less often";
    outlive(1);
    EXPECT_EQ(any(), 65s);
    limit.hear(75s);
    EXPECT_EQ(any(), 74s) << "that was another peer";
}

TEST_F(keep_alive_limit_test, a_connection_that_died_where_others_lived_means_another_way_to_the_peer)
{
    limit.hear(400s);
    limit.prove(100s);
    EXPECT_EQ(careful(), 50s);
    limit.find_dead(20s);
    EXPECT_EQ(any(), 10s);
    EXPECT_EQ(careful(), 4s);
    outlive(8);
    EXPECT_EQ(any(), 20s) << "so it is tried sooner";
}

TEST_F(keep_alive_limit_test, a_death_within_four_seconds_lowers_nothing)
{
    limit.find_dead(3s);
    EXPECT_EQ(any(), 4s);
    outlive(1);
    EXPECT_EQ(any(), 8s);
    limit.find_dead(4s);
    EXPECT_EQ(any(), 4s);
}

TEST_F(keep_alive_limit_test, a_low_ceiling_stands_from_the_beginning)
{
    keep_alive_limit low{1s};
    EXPECT_EQ(low.limits(1s).any, 1s);
    EXPECT_EQ(low.limits(1s).careful, 500ms);
    low.outlive(1s);
    low.hear(75s);
    EXPECT_EQ(low.limits(1s).any, 1s);
    keep_alive_limit none{0s};
    none.outlive(0s);
    none.see_closed(0s, 1s);
    EXPECT_EQ(none.limits(1s).any, 0s);
}

} // namespace
} // namespace sipher::detail
