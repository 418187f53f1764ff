#include "call/call_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class prewarm : public call_test {
protected:
    using result = std::optional<detail::acquire_result>;

    std::shared_ptr<result> warm(std::size_t connections)
    {
        open();
        auto ended = std::make_shared<result>();
        detail::pool_request wanted;
        wanted.ready = connections;
        client->state()->pool->async_acquire(
            wanted, asio::bind_cancellation_slot(cancel.slot(), [ended](detail::acquire_result acquired) {
                EXPECT_FALSE(*ended) << "completed twice";
                *ended = std::move(acquired);
            }));
        EXPECT_FALSE(*ended) << "completed inline";
        run();
        return ended;
    }

    [[nodiscard]] client_stats stats() const { return client->state()->pool->stats(); }

    asio::cancellation_signal cancel;
};

TEST_F(prewarm, connections_are_there_before_the_first_call)
{
    service->otherwise = response_session();
    const auto ended = warm(3);
    ASSERT_TRUE(*ended);
    EXPECT_FALSE((*ended)->code);
    EXPECT_EQ(stats().idle, 3U);
    EXPECT_TRUE(perform(operation::create)->succeeded());
    EXPECT_EQ(service->connects, 3U);
}

TEST_F(prewarm, existing_connections_count)
{
    service->otherwise = response_session();
    perform(operation::get);
    EXPECT_TRUE(warm(1)->has_value());
    EXPECT_EQ(service->connects, 1U);
    EXPECT_TRUE(warm(2)->has_value());
    EXPECT_EQ(service->connects, 2U);
    EXPECT_TRUE(warm(0)->has_value());
}

TEST_F(prewarm, is_done_when_the_last_one_is_there)
{
    service->hold_connects = true;
    const auto ended = warm(2);
    EXPECT_FALSE(*ended);
    EXPECT_EQ(stats().dialing, 2U);
    service->finish_connects();
    run();
    EXPECT_TRUE(*ended);
}

TEST_F(prewarm, tells_why_a_connection_could_not_be_made)
{
    service->admit = [](std::size_t number) {
        return number == 1 ? boost::system::error_code{} : make_error_code(errc::connect_failed);
    };
    const auto ended = warm(3);
    ASSERT_TRUE(*ended);
    EXPECT_EQ((*ended)->code, errc::connect_failed);
    EXPECT_EQ(stats().idle, 1U);
    EXPECT_EQ(service->connects, 3U) << "none is tried again";
}

TEST_F(prewarm, a_cancelled_one_leaves_its_connections_in_the_making)
{
    service->hold_connects = true;
    const auto ended = warm(2);
    cancel.emit(asio::cancellation_type::total);
    run();
    ASSERT_TRUE(*ended);
    EXPECT_EQ((*ended)->code, asio::error::operation_aborted);
    service->finish_connects();
    run();
    EXPECT_EQ(stats().idle, 2U);
}

TEST_F(prewarm, closing_the_client_ends_it)
{
    service->hold_connects = true;
    const auto ended = warm(2);
    client.reset();
    run();
    ASSERT_TRUE(*ended);
    EXPECT_EQ((*ended)->code, errc::client_closed);
    service->finish_connects();
}

TEST_F(prewarm, a_closed_client_makes_no_connection)
{
    open();
    client->state()->pool->drain();
    const auto ended = warm(1);
    ASSERT_TRUE(*ended);
    EXPECT_EQ((*ended)->code, errc::client_closed);
    EXPECT_EQ(service->connects, 0U);
}

TEST_F(prewarm, a_context_that_is_destroyed_leaves_nothing_behind)
{
    service->hold_connects = true;
    const auto ended = warm(2);
    client.reset();
    service.reset();
    context = std::make_unique<asio::io_context>();
    EXPECT_FALSE(ended->has_value() && !(*ended)->code);
}

TEST_F(prewarm, connections_that_nobody_used_do_not_keep_a_service_from_ending)
{
    warm(2);
    advance(24'999ms);
    EXPECT_EQ(stats().idle, 2U);
    advance(1ms);
    EXPECT_EQ(stats().idle, 0U);
    EXPECT_EQ(stats().closed_expired, 2U);
}

TEST_F(prewarm, connections_made_together_do_not_end_together)
{
    options.pool.max_connections = 100;
    options.pool.max_lifetime = 20s;
    warm(100);
    advance(17'999ms);
    EXPECT_EQ(stats().idle, 100U);
    std::size_t left = 100;
    for (auto waited = 18'000ms; waited <= 22'000ms; waited += 100ms) {
        advance(100ms);
        EXPECT_LE(left - stats().idle, 10U) << waited.count() << " ms";
        left = stats().idle;
    }
    EXPECT_EQ(left, 0U);
}

TEST_F(call_test, a_thousand_calls_that_gave_up_left_four_connections_in_the_making)
{
    options.pool.max_connections = 4;
    service->hold_connects = true;
    std::vector<std::shared_ptr<started_call>> calls;
    for (int i = 0; i < 1000; ++i) {
        calls.push_back(start(operation::get));
    }
    run();
    EXPECT_EQ(client->state()->pool->stats().waiting, 1000U);
    for (const auto& each : calls) {
        each->cancel.emit(asio::cancellation_type::terminal);
    }
    run();
    for (const auto& each : calls) {
        EXPECT_TRUE(each->failed_with(asio::error::operation_aborted));
    }
    EXPECT_EQ(service->connects, 4U);
    EXPECT_EQ(client->state()->pool->stats().waiting, 0U);
}

TEST_F(call_test, a_stale_connection_evicts_those_idle_for_as_long)
{
    service->otherwise = response_session();
    service->hold_connects = true;
    std::vector<std::shared_ptr<started_call>> calls;
    for (int i = 0; i < 8; ++i) {
        calls.push_back(start(operation::get));
    }
    run();
    service->finish_connects();
    run();
    ASSERT_EQ(service->connects, 8U);
    service->hold_connects = false;
    service->script.push_back(hang_up());
    EXPECT_TRUE(perform(operation::get)->succeeded());
    EXPECT_EQ(service->connects, 9U) << "one replay, on one new connection";
    EXPECT_EQ(client->state()->pool->stats().open, 1U);
    EXPECT_EQ(client->state()->pool->stats().closed_by_peer, 7U);
}

} // namespace
} // namespace sipher::test
