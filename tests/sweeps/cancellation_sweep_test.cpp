#include "call/call_fixture.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <tuple>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;

/// Each operation is disturbed after its k-th handler, for every k until it ends undisturbed.
class sweep : public call_test, public ::testing::WithParamInterface<operation> {
protected:
    /// The handler that enters the call. What a cancellation before it does is Asio's affair, and differs: an exception
    /// for the handler of `co_spawn`, one out of `run()` (Boost 1.83), or nothing where the coroutine does not permit
    /// that type yet.
    static constexpr int first_of_the_call = 1;

    /// The longest way there is: a failed dial, a lost response, a refusal with a wait, then success.
    void script_everything()
    {
        service->requests.clear();
        service->admit = [first = service->connects + 1](std::size_t number) {
            return number == first ? make_error_code(errc::connect_failed) : boost::system::error_code{};
        };
        service->script = {refuse(429, "RATE_LIMIT_EXCEEDED", "Retry-After: 1\r\n")};
        service->otherwise = response_session();
        options.retry.max_attempts = 5;
    }

    /// The operation, after so many handlers or at its end.
    std::shared_ptr<started_call> start_and_run(int handlers)
    {
        script_everything();
        auto call = start(GetParam());
        for (int i = 0; i < handlers && call->completions == 0; ++i) {
            step();
        }
        return call;
    }

    /// A call that was cancelled says what became of its requests; one that was not comes to its end.
    void expect_told(started_call& call, boost::asio::cancellation_type kind)
    {
        if (kind == boost::asio::cancellation_type::total) {
            for (int i = 0; i < 100 && call.completions == 0; ++i) {
                step();
            }
        }
        ASSERT_EQ(call.completions, 1);
        ASSERT_EQ(call.other_failure, "");
        if (!call.failure) {
            EXPECT_TRUE(call.succeeded());
            return;
        }
        EXPECT_TRUE(call.failed_with(boost::asio::error::operation_aborted)) << call.failure->what();
        EXPECT_EQ(call.failure->ended_because(), end_reason::cancelled);
        switch (call.failure->outcome()) {
        case outcome::not_sent: EXPECT_TRUE(service->requests.empty()); break;
        case outcome::not_applied: EXPECT_EQ(service->requests.size(), 1U) << "the one that was refused"; break;
        case outcome::unknown: EXPECT_GE(service->requests.size(), 1U); break;
        case outcome::applied_result_lost: ADD_FAILURE() << "nothing was applied"; break;
        }
        EXPECT_EQ(busy(), 0U);
    }

    /// Runs one handler, or moves the clock if there is none.
    void step()
    {
        context->restart();
        if (context->poll_one() == 0) {
            clock->advance(1s);
        }
    }
};

TEST_P(sweep, cancelled_after_any_handler_it_completes_once_and_the_client_stays_usable)
{
    for (int k = first_of_the_call;; ++k) {
        ASSERT_LT(k, 1000);
        const auto call = start_and_run(k);
        const bool ended_before = call->completions != 0;
        const std::size_t sent_before = service->requests.size();
        call->cancel.emit(boost::asio::cancellation_type::terminal);
        run();
        ASSERT_EQ(call->completions, 1) << "after handler " << k;
        if (!ended_before && call->failure) {
            EXPECT_TRUE(call->failed_with(boost::asio::error::operation_aborted)) << call->failure->what();
            // A 429 says that nothing was applied; only what is under way is unknown.
            const bool may_be_under_way = call->failure->outcome() == outcome::unknown;
            EXPECT_TRUE(!may_be_under_way || service->requests.size() + 1 >= sent_before);
        }
        EXPECT_EQ(busy(), 0U) << "after handler " << k;
        service->script.clear();
        service->admit = {};
        clock->advance(5s);
        EXPECT_TRUE(perform(operation::get)->succeeded()) << "after handler " << k;
        client.reset();
        run();
        if (ended_before) {
            EXPECT_GT(k, 10) << "the sweep was too short to mean anything";
            break;
        }
    }
}

TEST_P(sweep, every_type_of_cancellation_after_any_handler_tells_what_happened)
{
    using type = boost::asio::cancellation_type;
    for (const type kind : {type::terminal, type::partial, type::total}) {
        for (int k = first_of_the_call;; ++k) {
            ASSERT_LT(k, 1000);
            const auto call = start_and_run(k);
            const bool ended_before = call->completions != 0;
            call->cancel.emit(kind);
            run();
            expect_told(*call, kind);
            client.reset();
            run();
            if (ended_before) {
                break;
            }
        }
    }
}

TEST_P(sweep, a_client_closed_after_any_handler_completes_the_call_once)
{
    for (int k = 0;; ++k) {
        ASSERT_LT(k, 1000);
        const auto call = start_and_run(k);
        const bool ended_before = call->completions != 0;
        client.reset();
        run();
        ASSERT_EQ(call->completions, 1) << "after handler " << k;
        if (ended_before) {
            break;
        }
        EXPECT_TRUE(call->failed_with(errc::client_closed) || call->succeeded()) << "after handler " << k;
    }
}

TEST_P(sweep, a_context_destroyed_after_any_handler_leaves_nothing_behind)
{
    for (int k = 0;; ++k) {
        ASSERT_LT(k, 1000);
        const auto call = start_and_run(k);
        const bool ended = call->completions != 0;
        const bool client_goes_first = k % 2 == 0;
        if (client_goes_first) {
            client.reset();
        }
        service->peers.clear();
        context.reset();
        client.reset();
        EXPECT_EQ(call->completions, ended ? 1 : 0);
        EXPECT_EQ(call.use_count(), 1) << "the handler is still there after handler " << k;
        context = std::make_unique<boost::asio::io_context>();
        service = std::make_unique<scripted_service>(*context, clock);
        if (ended) {
            break;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(operations, sweep,
                         ::testing::Values(operation::create, operation::get, operation::update, operation::remove));

} // namespace
} // namespace sipher::test
