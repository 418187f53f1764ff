#include "call/call_fixture.hpp"
#include "support/allocation_faults.hpp"

#include <sipher/error_code.hpp>

#include <new>
#include <string>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;

/// Each operation with one allocation that fails, for every allocation until it ends undisturbed.
class out_of_memory : public call_test, public ::testing::WithParamInterface<operation> {
protected:
    /// Runs until the call has ended or nothing goes on. Where Asio has no memory to suspend or resume a coroutine, it
    /// destroys it and throws out of the context; whoever runs that goes on.
    void run_to_the_end(const started_call& call)
    {
        for (int i = 0; i < 100 && call.completions == 0; ++i) {
            context->restart();
            try {
                if (context->poll_one() == 0) {
                    const allocation_truce truce;
                    clock->advance(1s);
                }
            } catch (const std::bad_alloc&) {
                ++thrown_by_run;
            }
        }
    }

    /// Fails from where the caller's coroutine runs; what Asio needs to start it is not in question.
    template <class T>
    static boost::asio::awaitable<T> with_failing(std::size_t n, boost::asio::awaitable<T> work)
    {
        allocation_faults::left = n;
        co_return co_await std::move(work);
    }

    std::shared_ptr<started_call> start_failing(operation what, std::size_t n)
    {
        const auto& state = client->state();
        const session_id id = scripted_session_id();
        switch (what) {
        case operation::create: return launch(with_failing(n, detail::create_session(state, {}, {}, {})));
        case operation::get: return launch(with_failing(n, detail::get_session(state, id, {})));
        case operation::update: return launch(with_failing(n, detail::update_session(state, id, {}, {})));
        case operation::remove: break;
        }
        return launch(with_failing(n, detail::delete_session(state, id, {})));
    }

    void script()
    {
        service->script = {refuse(429, "RATE_LIMIT_EXCEEDED", "Retry-After: 1\r\n")};
        service->otherwise = response_session();
    }

    /// All places in the pool are there, and a call gets one.
    void expect_usable()
    {
        EXPECT_EQ(busy(), 0U);
        EXPECT_EQ(client->state()->pool->stats().dialing, 0U);
        EXPECT_EQ(client->state()->pool->stats().waiting, 0U);
        EXPECT_EQ(client->state()->gate->stats(clock->now()).waiting, 0U);
        EXPECT_EQ(client->state()->user_calls.count(), 0U);
        service->script.clear();
        clock->advance(5s);
        EXPECT_TRUE(perform(operation::get)->succeeded());
        close();
    }

    void step()
    {
        context->restart();
        if (context->poll_one() == 0) {
            clock->advance(1s);
        }
    }

    void close()
    {
        client.reset();
        run();
        EXPECT_TRUE(context->stopped()) << "something still waits";
        service->peers.clear();
    }

    int thrown_by_run = 0;
};

TEST_P(out_of_memory, a_call_ends_once_or_goes_with_its_coroutine_and_nothing_is_lost)
{
    std::size_t completed = 0;
    for (std::size_t n = 1;; ++n) {
        ASSERT_LT(n, 5000U);
        SCOPED_TRACE(n);
        script();
        open();
        thrown_by_run = 0;
        const auto call = start_failing(GetParam(), n);
        run_to_the_end(*call);
        const bool undisturbed = allocation_faults::left != 0;
        allocation_faults::left = 0;
        if (undisturbed) {
            EXPECT_TRUE(call->succeeded());
            EXPECT_GT(n, 10U) << "too short to mean anything";
            EXPECT_GT(completed, n / 2) << "most complete";
            break;
        }
        completed += call->completions != 0 || thrown_by_run != 0 ? 1 : 0;
        ASSERT_EQ(call.use_count(), 1) << "its coroutine is still there";
        expect_usable();
    }
}

TEST_P(out_of_memory, a_client_is_destroyed_whatever_fails)
{
    bool ended = false;
    for (int handlers = 0; !ended; ++handlers) {
        ASSERT_LT(handlers, 1000);
        bool undisturbed = false;
        for (std::size_t n = 1; !undisturbed; ++n) {
            SCOPED_TRACE(std::to_string(n) + " after handler " + std::to_string(handlers));
            script();
            const auto call = start(GetParam());
            const auto other = start(operation::get);
            for (int i = 0; i < handlers && call->completions == 0; ++i) {
                step();
            }
            ended = call->completions != 0;
            allocation_faults::left = n;
            client.reset();
            undisturbed = allocation_faults::left != 0;
            allocation_faults::left = 0;
            close();
            ASSERT_EQ(call.use_count(), 1) << "its coroutine is still there";
            ASSERT_EQ(other.use_count(), 1) << "its coroutine is still there";
        }
    }
}

TEST_P(out_of_memory, frames_of_a_call_are_of_a_size_that_asio_keeps_for_the_next)
{
#if defined(__clang__) || defined(BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
    GTEST_SKIP() << "clang's frames are larger without optimization, and with sanitizers Asio keeps none";
#endif
    constexpr std::size_t largest_that_is_kept = 1020;
    service->otherwise = response_session();
    allocation_faults::largest_of_asio = 0;
    EXPECT_TRUE(perform(GetParam())->succeeded());
    const auto other = launch(detail::request(client->state(), {verb::post, "/v1/other", {}, {}}));
    run();
    EXPECT_TRUE(other->succeeded());
    EXPECT_GT(allocation_faults::largest_of_asio, 500U) << "nothing was seen";
    EXPECT_LE(allocation_faults::largest_of_asio, largest_that_is_kept);
}

INSTANTIATE_TEST_SUITE_P(operations, out_of_memory,
                         ::testing::Values(operation::create, operation::get, operation::update, operation::remove));

} // namespace
} // namespace sipher::test
