// A source of a limit that several clients share.
#include "support/client_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class scripted_source final : public sipher::quota_source {
public:
    asio::awaitable<std::chrono::nanoseconds> take(quota_request wanted) override
    {
        asked.push_back(wanted);
        const std::chrono::nanoseconds wait = co_await response();
        co_return wait;
    }

    std::vector<quota_request> asked;
    std::function<asio::awaitable<std::chrono::nanoseconds>()> response;
};

class quota_source : public client_test {
protected:
    quota_source()
    {
        options.quota_source = source;
        options.timeouts.total = 10s;
        respond(0ns);
    }

    void respond(std::chrono::nanoseconds wait)
    {
        source->response = [wait]() -> asio::awaitable<std::chrono::nanoseconds> {
            co_await asio::post(asio::use_awaitable);
            co_return wait;
        };
    }

    std::function<asio::awaitable<std::chrono::nanoseconds>()> never()
    {
        return [this]() -> asio::awaitable<std::chrono::nanoseconds> {
            asio::steady_timer timer{context, asio::steady_timer::time_point::max()};
            co_await timer.async_wait(asio::use_awaitable);
            co_return std::chrono::nanoseconds{};
        };
    }

    void begin()
    {
        asio::co_spawn(context, client().create_session({}),
                       asio::bind_cancellation_slot(cancel.slot(), [this](std::exception_ptr failed, session) {
                           failure = error_of(failed);
                           done = true;
                       }));
        settle();
    }

    const std::shared_ptr<scripted_source> source = std::make_shared<scripted_source>();
    asio::cancellation_signal cancel;
    std::optional<error> failure;
    bool done = false;
};

TEST_F(quota_source, is_asked_once_for_each_request)
{
    const session made = create();
    run(client().get_session(made.id));
    ASSERT_EQ(source->asked.size(), 2U);
    EXPECT_EQ(source->asked[0].category, "session");
    EXPECT_EQ(source->asked[0].longest_wait, 10s);
    sandbox().add_fault(testing::fault::respond(503, "", {{"Retry-After", "0"}}));
    run(client().get_session(made.id));
    EXPECT_EQ(source->asked.size(), 4U) << "for a second attempt too";
    EXPECT_EQ(client().stats().rate_gate.source_failures, 0U);
}

TEST_F(quota_source, may_make_a_request_wait)
{
    respond(3s);
    begin();
    EXPECT_FALSE(done);
    EXPECT_EQ(new_requests(), 0U);
    clock->advance(3s);
    settle();
    EXPECT_TRUE(done);
    EXPECT_FALSE(failure);
    EXPECT_EQ(source->asked.size(), 1U);
}

TEST_F(quota_source, that_lets_a_request_go_too_late_fails_it_at_once)
{
    respond(10s);
    begin();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), errc::rate_limited);
    EXPECT_EQ(failure->retry_after(), 10s);
    EXPECT_EQ(failure->outcome(), outcome::not_sent);
    EXPECT_EQ(new_requests(), 0U);
}

TEST_F(quota_source, may_make_a_request_wait_as_long_as_its_queue_timeout_says)
{
    options.timeouts.queue = 60s;
    respond(20s);
    begin();
    EXPECT_FALSE(done);
    EXPECT_EQ(source->asked[0].longest_wait, 60s);
    clock->advance(20s);
    settle();
    EXPECT_TRUE(done);
    EXPECT_FALSE(failure) << "the total timeout of 10 s is apart from the wait";
}

TEST_F(quota_source, that_throws_is_left_out_for_a_second)
{
    source->response = []() -> asio::awaitable<std::chrono::nanoseconds> {
        co_await asio::post(asio::use_awaitable);
        throw std::runtime_error{"broken"};
    };
    create();
    create();
    EXPECT_EQ(source->asked.size(), 1U);
    EXPECT_EQ(client().stats().rate_gate.source_failures, 1U);
    clock->advance(1s);
    respond(0ns);
    create();
    EXPECT_EQ(source->asked.size(), 2U);
}

TEST_F(quota_source, that_does_not_respond_is_waited_for_no_longer_than_its_timeout)
{
    source->response = never();
    begin();
    EXPECT_FALSE(done);
    clock->advance(options.timeouts.quota_source);
    settle();
    EXPECT_TRUE(done);
    EXPECT_FALSE(failure);
    EXPECT_EQ(client().stats().rate_gate.source_failures, 1U);
}

TEST_F(quota_source, is_cancelled_with_the_call)
{
    bool was_cancelled = false;
    source->response = [this, &was_cancelled]() -> asio::awaitable<std::chrono::nanoseconds> {
        asio::steady_timer never{context, asio::steady_timer::time_point::max()};
        try {
            co_await never.async_wait(asio::use_awaitable);
        } catch (const boost::system::system_error&) {
            was_cancelled = true;
            throw;
        }
        co_return std::chrono::nanoseconds{};
    };
    begin();
    cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_TRUE(was_cancelled);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), condition::cancelled);
    EXPECT_EQ(failure->outcome(), outcome::not_sent);
    EXPECT_EQ(client().stats().rate_gate.source_failures, 0U) << "it is not the source's fault";
}

TEST_F(quota_source, is_not_to_blame_for_calls_that_have_less_time_than_it_may_take)
{
    source->response = never();
    options.timeouts.total = 100ms;
    begin();
    clock->advance(100ms);
    settle();
    EXPECT_TRUE(failure);
    EXPECT_EQ(client().stats().rate_gate.source_failures, 0U);
}

TEST_F(quota_source, does_not_stand_in_for_the_gate_of_the_client)
{
    sandbox_options.rate_limit = 1;
    create();
    begin();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), errc::rate_limited);
    EXPECT_EQ(source->asked.size(), 1U) << "not before the gate has let it go";
}

} // namespace
} // namespace sipher::test
