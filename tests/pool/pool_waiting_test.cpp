#include "call/call_fixture.hpp"

#include <sipher/error_code.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;

/// The errors of calls that wait for a connection in vain.
class pool_waiting : public call_test {
protected:
    pool_waiting()
    {
        options.timeouts.total = 10s;
        options.pool.max_connections = 1;
        service->otherwise = response_session();
    }

    static call_options brief()
    {
        call_options options;
        options.total_timeout = 1s;
        return options;
    }

    [[nodiscard]] client_stats stats() const { return client->state()->pool->stats(); }

    /// Of a call that has failed before anything was sent.
    static std::string message_of(const std::shared_ptr<started_call>& call, boost::system::error_code code)
    {
        EXPECT_TRUE(call->failed_with(code));
        if (!call->failure) {
            return {};
        }
        EXPECT_EQ(call->failure->outcome(), outcome::not_sent);
        return call->failure->message();
    }
};

TEST_F(pool_waiting, without_a_limit_nobody_is_refused)
{
    options.pool.max_waiting = std::numeric_limits<std::size_t>::max();
    std::vector<std::shared_ptr<started_call>> calls;
    for (int i = 0; i < 20; ++i) {
        calls.push_back(start(operation::get));
    }
    run();
    for (const auto& each : calls) {
        EXPECT_TRUE(each->succeeded());
    }
}

TEST_F(pool_waiting, for_a_connection_in_the_making)
{
    service->hold_connects = true;
    const auto first = perform(operation::get, brief());
    const auto second = perform(operation::get, brief());
    advance(1s);
    EXPECT_EQ(message_of(first, errc::deadline_exceeded), "the call's time ran out while connecting to the server");
    EXPECT_EQ(first->failure->attempts().front().reached, phase::connecting);
    // The first has left already.
    EXPECT_EQ(message_of(second, errc::deadline_exceeded), "the call's time ran out while connecting to the server");
    service->finish_connects();
}

TEST_F(pool_waiting, behind_others)
{
    service->hold_connects = true;
    const auto first = perform(operation::get);
    const auto second = perform(operation::create);
    const auto third = perform(operation::get, brief());
    advance(1s);
    EXPECT_EQ(message_of(third, errc::deadline_exceeded),
              "the call's time ran out while connecting to the server; calls ahead: 2");
    service->finish_connects();
    run();
    EXPECT_TRUE(first->succeeded());
    EXPECT_TRUE(second->succeeded());
}

TEST_F(pool_waiting, for_a_busy_connection)
{
    service->otherwise = silence();
    const auto first = perform(operation::get);
    const auto second = perform(operation::get, brief());
    advance(1s);
    EXPECT_EQ(message_of(second, errc::pool_timeout),
              "the call's time ran out while every connection was busy (pool.max_connections)");
    EXPECT_EQ(second->failure->attempts().front().reached, phase::waiting);
    EXPECT_EQ(first->completions, 0);
}

TEST_F(pool_waiting, after_a_failure_to_connect)
{
    options.retry.max_attempts = 1;
    service->admit = [](std::size_t) { return make_error_code(errc::connect_failed); };
    EXPECT_TRUE(perform(operation::get)->failed_with(errc::connect_failed));
    service->hold_connects = true;
    const auto call = perform(operation::get, brief());
    advance(1s);
    EXPECT_EQ(message_of(call, errc::deadline_exceeded), "the call's time ran out while connecting to the server; "
                                                         "the last attempt to connect failed: refused by the script");
}

TEST_F(pool_waiting, whoever_can_have_a_connection_does_not_count)
{
    options.pool.max_waiting = 0;
    EXPECT_TRUE(perform(operation::get)->succeeded());
    service->otherwise = silence();
    const auto busy = perform(operation::get);
    EXPECT_EQ(message_of(perform(operation::get), errc::pool_overloaded),
              "0 calls are already waiting for a connection (pool.max_waiting: 0, pool.max_connections: 1)");
}

TEST_F(pool_waiting, where_too_many_wait_already)
{
    options.pool.max_waiting = 2;
    options.retry.max_attempts = 1;
    service->otherwise = silence();
    const auto busy = perform(operation::get);
    const auto second = perform(operation::get);
    const auto third = perform(operation::get);
    const auto call = perform(operation::get);
    EXPECT_EQ(message_of(call, errc::pool_overloaded),
              "2 calls are already waiting for a connection (pool.max_waiting: 2, pool.max_connections: 1)");
    EXPECT_NE(std::string{call->failure->what()}.find("pool.max_waiting"), std::string::npos) << call->failure->what();
    EXPECT_EQ(stats().waiting, 2U);
}

TEST_F(pool_waiting, connections_that_end_all_at_once_are_all_accounted_for)
{
    constexpr std::size_t connections = 2000;
    options.pool.max_connections = connections;
    open();
    detail::pool_request wanted;
    wanted.ready = connections;
    client->state()->pool->async_acquire(wanted, [](const detail::acquire_result&) {});
    run();
    ASSERT_EQ(stats().idle, connections);
    for (const auto& peer : service->peers) {
        peer->end(boost::asio::error::eof);
    }
    run();
    EXPECT_EQ(stats().idle, 0U);
    EXPECT_EQ(stats().closed_by_peer, connections);
}

} // namespace
} // namespace sipher::test
