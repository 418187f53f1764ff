#include "support/client_fixture.hpp"

#include <sipher/sipher.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
using sipher::testing::fault;

class listener final : public observer {
public:
    void on_connect(const connect_event& event) override
    {
        const std::lock_guard lock{mutex};
        resumed.push_back(event.resumed);
    }
    void on_close(const close_event& event) override
    {
        const std::lock_guard lock{mutex};
        reasons.push_back(event.reason);
        address = event.address;
        age = event.age;
        requests = event.requests;
    }

    std::mutex mutex;
    std::vector<bool> resumed;
    std::vector<close_reason> reasons;
    std::string address;
    std::chrono::nanoseconds age{};
    std::uint64_t requests = 0;
};

class observing : public client_test {
protected:
    observing()
    {
        options.observer = heard;
        options.retry.max_attempts = 1;
        sandbox_options.address = "127.0.0.1";
    }

    void expect_closed(close_reason why)
    {
        run_until(context, [&] { return client().stats().open == 0; });
        ASSERT_EQ(heard->reasons.size(), 1U);
        EXPECT_EQ(heard->reasons[0], why) << to_string(heard->reasons[0]);
        EXPECT_EQ(heard->address, "127.0.0.1:" + std::to_string(sandbox().port()));
    }

    const std::shared_ptr<listener> heard = std::make_shared<listener>();
};

TEST_F(observing, a_connection_that_the_server_closes)
{
    create();
    create();
    clock->advance(2s);
    sandbox().close_idle_connections();
    expect_closed(close_reason::peer);
    EXPECT_EQ(heard->requests, 2U);
    EXPECT_EQ(heard->age, 2s);
}

TEST_F(observing, a_connection_that_expires)
{
    create();
    clock->advance(4s);
    expect_closed(close_reason::expired);
}

TEST_F(observing, a_connection_on_which_an_exchange_fails)
{
    sandbox().add_fault(fault::drop_request());
    failure_of(client().create_session({}));
    expect_closed(close_reason::failed);
}

TEST_F(observing, a_connection_that_the_server_does_not_keep)
{
    sandbox().add_fault(fault::with_header("Connection", "close"));
    create();
    expect_closed(close_reason::not_reusable);
}

TEST_F(observing, a_connection_that_is_one_too_many)
{
    options.pool.max_idle = 0;
    create();
    expect_closed(close_reason::surplus);
}

TEST_F(observing, a_client_that_is_shut_down)
{
    create();
    const auto stop = [](sipher::client stopped) -> boost::asio::awaitable<int> {
        co_await stopped.shutdown(1s);
        co_return 0;
    };
    run(stop(client()));
    expect_closed(close_reason::client_closed);
}

TEST_F(observing, a_resumed_handshake_is_reported)
{
    create();
    clock->advance(5s);
    create();
    ASSERT_EQ(heard->resumed.size(), 2U);
    EXPECT_FALSE(heard->resumed[0]);
    EXPECT_TRUE(heard->resumed[1]);
}

/// Throws wherever it can.
class hostile_listener final : public observer {
public:
    void on_connect(const connect_event&) override { fail(); }
    void on_close(const close_event&) override { fail(); }
    void on_attempt(const attempt_event&) override { fail(); }
    void on_retry(const retry_event&) override { fail(); }

    int calls = 0;

private:
    void fail()
    {
        ++calls;
        throw std::runtime_error{"of no concern to the client"};
    }
};

TEST_F(observing, exceptions_of_the_observer_change_nothing)
{
    const auto hostile = std::make_shared<hostile_listener>();
    options.observer = hostile;
    options.retry.max_attempts = 2;
    options.retry.base_delay = 0ms;
    const session made = create();
    sandbox().add_fault(fault::respond(502, "bad gateway"));
    EXPECT_EQ(run(client().get_session(made.id)).id, made.id);
    clock->advance(5s);
    run_until(context, [&] { return client().stats().open == 0; });
    EXPECT_GE(hostile->calls, 5);
}

} // namespace
} // namespace sipher::test
