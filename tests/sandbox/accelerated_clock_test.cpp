#include <sipher/testing/accelerated_clock.hpp>

#include "options/refusal.hpp"

#include <gtest/gtest.h>

namespace {

using sipher::testing::accelerated_clock;

TEST(accelerated_clock, does_not_stand_still_or_run_backwards)
{
    for (const int factor : {0, -1}) {
        EXPECT_EQ(sipher::test::refusal([factor] { const accelerated_clock clock{factor}; }),
                  "accelerated_clock: factor: must be at least 1");
    }
    EXPECT_EQ(sipher::test::refusal([] { const accelerated_clock clock{1}; }), "accepted");
}

} // namespace
