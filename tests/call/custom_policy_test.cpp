#include "call/call_fixture.hpp"

#include <sipher/error_code.hpp>

#include <stdexcept>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;

class custom_policy : public call_test {
protected:
    /// Decides so, always, and keeps what it was asked.
    void decide(bool again)
    {
        options.retry.should_retry = [this, again](const retry_context& asked, bool suggestion) {
            questions.push_back(asked);
            suggested.push_back(suggestion);
            return again;
        };
    }

    std::vector<retry_context> questions;
    std::vector<bool> suggested;
};

TEST_F(custom_policy, may_give_up_where_the_client_would_not)
{
    decide(false);
    service->otherwise = response(502, "");
    const auto call = perform(operation::get);
    ASSERT_TRUE(call->failure);
    EXPECT_EQ(call->failure->ended_because(), end_reason::policy);
    EXPECT_EQ(service->requests.size(), 1U);
    ASSERT_EQ(questions.size(), 1U);
    EXPECT_TRUE(suggested[0]);
    EXPECT_EQ(questions[0].operation, "get_session");
    EXPECT_EQ(questions[0].attempts, 1U);
    EXPECT_EQ(questions[0].status, 502U);
    EXPECT_EQ(questions[0].outcome, outcome::unknown);
    EXPECT_FALSE(questions[0].may_apply_twice);
}

TEST_F(custom_policy, may_go_on_where_the_client_would_not)
{
    decide(true);
    service->script = {response(404, ""), response(404, ""), response_session()};
    const auto call = perform(operation::get);
    advance(1s);
    advance(1s);
    EXPECT_TRUE(call->succeeded());
    EXPECT_FALSE(suggested.at(0));
}

TEST_F(custom_policy, is_held_to_the_number_of_attempts)
{
    decide(true);
    service->otherwise = response(404, "");
    const auto call = perform(operation::get);
    for (int i = 0; i < 5; ++i) {
        advance(1s);
    }
    ASSERT_TRUE(call->failure);
    EXPECT_EQ(call->failure->ended_because(), end_reason::attempts_exhausted);
    EXPECT_EQ(service->requests.size(), 3U);
}

TEST_F(custom_policy, does_not_repeat_a_create_by_accident)
{
    decide(true);
    service->otherwise = hang_up();
    const auto call = perform(operation::create);
    advance(1s);
    ASSERT_TRUE(call->failure);
    EXPECT_EQ(call->failure->ended_because(), end_reason::not_repeatable);
    EXPECT_TRUE(questions.at(0).may_apply_twice);
    EXPECT_EQ(service->requests.size(), 1U);
}

TEST_F(custom_policy, retries_a_create_only_with_allow_duplicates)
{
    decide(true);
    options.retry.allow_duplicates = true;
    service->script = {hang_up(), response_session(201)};
    const auto call = perform(operation::create);
    advance(1s);
    EXPECT_TRUE(call->succeeded());
    EXPECT_EQ(service->requests.size(), 2U);
}

TEST_F(custom_policy, chooses_the_delay)
{
    options.retry.delay = [](const retry_context& asked, std::chrono::nanoseconds) { return 2s * asked.attempts; };
    service->script = {response(502, ""), response(502, ""), response_session()};
    const auto call = perform(operation::get);
    advance(2s - 1ns);
    EXPECT_EQ(service->requests.size(), 1U);
    advance(1ns);
    EXPECT_EQ(service->requests.size(), 2U);
    advance(4s - 1ns);
    EXPECT_EQ(service->requests.size(), 2U);
    advance(1ns);
    EXPECT_TRUE(call->succeeded());
}

TEST_F(custom_policy, does_not_shorten_what_the_service_asked_for)
{
    options.retry.delay = [](const retry_context&, std::chrono::nanoseconds) { return -1h; };
    service->script = {refuse(429, "RATE_LIMIT_EXCEEDED", "Retry-After: 7\r\n"), response_session()};
    const auto call = perform(operation::get);
    advance(7s - 1ns);
    EXPECT_EQ(service->requests.size(), 1U);
    advance(1s);
    EXPECT_TRUE(call->succeeded());
}

TEST_F(custom_policy, an_endless_delay_fails_at_once)
{
    options.retry.delay = [](const retry_context&, std::chrono::nanoseconds) {
        return std::chrono::nanoseconds::max();
    };
    service->otherwise = response(502, "");
    const auto call = perform(operation::get);
    ASSERT_TRUE(call->failure);
    EXPECT_EQ(call->failure->ended_because(), end_reason::deadline);
}

TEST_F(custom_policy, exceptions_of_the_policy_end_the_call)
{
    options.retry.should_retry = [](const retry_context&, bool) -> bool { throw std::runtime_error{"no policy"}; };
    service->otherwise = response(502, "");
    const auto call = perform(operation::get);
    ASSERT_TRUE(call->failed_with(errc::callback_failed));
    EXPECT_EQ(call->failure->outcome(), outcome::unknown);
    EXPECT_EQ(call->failure->status(), 502U);
    EXPECT_NE(call->failure->message().find("no policy"), std::string::npos);
    EXPECT_THROW(std::rethrow_exception(call->failure->cause()), std::runtime_error);
    EXPECT_EQ(busy(), 0U);
}

} // namespace
} // namespace sipher::test
