#include "retry/retry_plan.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;
using step = retry_plan::step;

class plan : public ::testing::Test {
protected:
    plan()
    {
        state.counted_attempts = 1;
        state.all_attempts = 1;
        state.now = clock::time_point{1h};
    }

    /// The service's response with this status.
    static verdict responded(unsigned status, action what)
    {
        verdict decided;
        decided.what = what;
        decided.outcome = outcome::not_applied;
        decided.code = {static_cast<int>(status), service_category()};
        return decided;
    }

    retry_plan after(unsigned status, action what)
    {
        state.status = status;
        return plan_next(options, state, responded(status, what), budget, 0.5);
    }

    retry_options options;
    retry_state state{{"get_session", operation_kind::read}};
    retry_budget budget{50};
};

TEST_F(plan, a_final_response_stands_whatever_else_ends_the_call)
{
    for (const unsigned status : {400U, 401U, 404U, 410U}) {
        for (const bool late : {false, true}) {
            state.closing = true;
            state.deadline = late ? state.now : clock::time_point::max();
            const retry_plan next = after(status, action::fail);
            EXPECT_EQ(next.what, step::end);
            EXPECT_EQ(next.code, boost::system::error_code(static_cast<int>(status), service_category()));
            EXPECT_EQ(next.reason, end_reason::permanent);
        }
    }
}

TEST_F(plan, a_response_that_would_be_repeated_stands_when_the_client_closes)
{
    state.closing = true;
    for (const action what : {action::retry, action::replay}) {
        const retry_plan next = after(503, what);
        EXPECT_EQ(next.what, step::end);
        EXPECT_EQ(next.code.value(), 503);
        EXPECT_EQ(next.reason, end_reason::client_closed);
    }
    state.status = 0;
    verdict lost;
    lost.what = action::retry;
    lost.code = errc::no_response;
    EXPECT_EQ(plan_next(options, state, lost, budget, 0.5).code, errc::client_closed);
}

TEST_F(plan, a_response_of_somebody_at_the_end_of_time_stands)
{
    state.deadline = state.now;
    const retry_plan next = after(502, action::retry);
    EXPECT_EQ(next.code.value(), 502);
    EXPECT_EQ(next.reason, end_reason::deadline);
}

TEST_F(plan, no_wait_of_more_than_a_day_is_begun)
{
    for (const auto wait : {std::chrono::milliseconds{86'401s}, std::chrono::milliseconds{4'294'967'296s},
                            std::chrono::floor<std::chrono::milliseconds>(std::chrono::years{250})}) {
        state.retry_after = wait;
        const retry_plan next = after(429, action::retry);
        EXPECT_EQ(next.what, step::end) << wait.count();
        EXPECT_EQ(next.reason, end_reason::deadline);
        EXPECT_EQ(next.code.value(), 429);
        options.delay = [](const retry_context&, std::chrono::nanoseconds) { return 0ns; };
        EXPECT_EQ(after(429, action::retry).what, step::end) << "nor is it shortened";
        options.delay = nullptr;
    }
    state.retry_after = 24h;
    EXPECT_EQ(after(429, action::retry).what, step::retry);
}

TEST_F(plan, delays_cannot_overflow)
{
    options.delay = [](const retry_context&, std::chrono::nanoseconds) { return std::chrono::nanoseconds::max(); };
    EXPECT_EQ(after(502, action::retry).delay, std::chrono::nanoseconds::max());
    for (const auto left : {std::chrono::nanoseconds{1}, std::chrono::nanoseconds{30s}}) {
        state.deadline = state.now + left;
        EXPECT_EQ(after(502, action::retry).reason, end_reason::deadline);
    }
    options.delay = [](const retry_context&, std::chrono::nanoseconds) { return std::chrono::nanoseconds::min(); };
    state.deadline = clock::time_point::max();
    EXPECT_EQ(after(502, action::retry).delay, 0ns);
}

TEST_F(plan, delays_of_large_options_cannot_overflow)
{
    options.base_delay = options.max_delay = std::chrono::hours{24};
    for (const unsigned attempts : {1U, 3U, 64U, std::numeric_limits<unsigned>::max() - 1}) {
        state.counted_attempts = attempts;
        options.max_attempts = std::numeric_limits<unsigned>::max();
        retry_budget unlimited{0};
        const retry_plan next = plan_next(options, state, responded(502, action::retry), unlimited, 0.5);
        EXPECT_GE(next.delay, 0ns);
        EXPECT_LE(next.delay, std::chrono::hours{24});
    }
}

TEST_F(plan, the_largest_budget_is_one)
{
    retry_budget large{std::numeric_limits<unsigned>::max()};
    for (int i = 0; i < 3; ++i) {
        large.deposit(1);
        EXPECT_EQ(plan_next(options, state, responded(502, action::retry), large, 0.5).what, step::retry);
        large.deposit(std::numeric_limits<unsigned>::max());
    }
}

TEST_F(plan, exceptions_of_the_functions_are_let_through)
{
    options.should_retry = [](const retry_context&, bool) -> bool { throw 7; };
    EXPECT_THROW(after(502, action::retry), int);
    options.should_retry = nullptr;
    options.delay = [](const retry_context&, std::chrono::nanoseconds) -> std::chrono::nanoseconds {
        throw std::runtime_error{"no"};
    };
    EXPECT_THROW(after(502, action::retry), std::runtime_error);
}

TEST_F(plan, a_replay_is_made_once_and_costs_no_token)
{
    retry_budget empty{1};
    EXPECT_EQ(plan_next(options, state, responded(421, action::replay), empty, 0.5).what, step::replay);
    state.replayed = true;
    EXPECT_EQ(plan_next(options, state, responded(421, action::replay), empty, 0.5).reason,
              end_reason::budget_exhausted);
}

} // namespace
} // namespace sipher::detail
