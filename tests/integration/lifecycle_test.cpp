#include "support/client_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <thread>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
using sipher::testing::fault;
namespace asio = boost::asio;

/// A call that was started and not waited for.
struct pending_call {
    asio::cancellation_signal cancel;
    std::optional<error> failure;
    int completions = 0;
};

class lifecycle : public client_test {
protected:
    template <class T>
    std::shared_ptr<pending_call> start(asio::awaitable<T> work)
    {
        auto call = std::make_shared<pending_call>();
        asio::co_spawn(
            context, std::move(work),
            asio::bind_cancellation_slot(call->cancel.slot(), [call](const std::exception_ptr& thrown, const T&) {
                ++call->completions;
                take(*call, thrown);
            }));
        return call;
    }

    void finish(const std::shared_ptr<pending_call>& call)
    {
        run_until(context, [&] { return call->completions != 0; });
        EXPECT_EQ(call->completions, 1);
    }

    /// A call that the sandbox has received and will not respond to.
    std::shared_ptr<pending_call> start_and_hang()
    {
        sandbox().add_fault(fault::silence());
        new_requests();
        auto call = start(client().create_session({}));
        const std::uint64_t before = sandbox().counters().requests;
        run_until(context, [&] { return sandbox().counters().requests > before; });
        return call;
    }

private:
    static void take(pending_call& call, const std::exception_ptr& thrown)
    {
        try {
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        } catch (const error& failure) {
            call.failure = failure;
        }
    }
};

TEST_F(lifecycle, cancelling_a_call_that_waits_for_its_response)
{
    const auto call = start_and_hang();
    call->cancel.emit(asio::cancellation_type::terminal);
    finish(call);
    ASSERT_TRUE(call->failure);
    EXPECT_EQ(call->failure->code(), asio::error::operation_aborted);
    EXPECT_EQ(call->failure->code(), condition::cancelled);
    EXPECT_EQ(call->failure->outcome(), outcome::unknown);
    EXPECT_EQ(client().stats().busy, 0U);
    EXPECT_NO_THROW(create());
}

TEST_F(lifecycle, cancelling_a_call_that_waits_for_a_connection)
{
    options.pool.max_connections = 1;
    const auto first = start_and_hang();
    const auto second = start(client().create_session({}));
    run_until(context, [&] { return client().stats().waiting == 1; });
    second->cancel.emit(asio::cancellation_type::terminal);
    finish(second);
    EXPECT_EQ(second->failure->outcome(), outcome::not_sent);
    EXPECT_EQ(client().stats().waiting, 0U);
    EXPECT_EQ(first->completions, 0);
}

TEST_F(lifecycle, cancelling_a_call_that_connects)
{
    asio::io_context silent;
    asio::ip::tcp::acceptor listener{silent, asio::ip::tcp::endpoint{asio::ip::make_address("127.0.0.1"), 0}};
    listener.non_blocking(true);
    options.base_url = "https://127.0.0.1:" + std::to_string(listener.local_endpoint().port());
    options.clock = clock;
    sipher::client other{context, options};
    const auto call = start(other.create_session({}));
    run_until(context, [&] { return other.stats().dialing == 1; });
    call->cancel.emit(asio::cancellation_type::terminal);
    finish(call);
    EXPECT_EQ(call->failure->code(), asio::error::operation_aborted);
    EXPECT_EQ(call->failure->outcome(), outcome::not_sent);
    const auto slow = start(other.create_session({}));
    run_until(context, [&] { return other.stats().waiting == 1; });
    // The handshake's time runs once its first message is there.
    asio::ip::tcp::socket accepted{silent};
    listener.accept(accepted);
    run_until(context, [&] { return accepted.available() != 0; });
    clock->advance(5s);
    run_until(context, [&] { return other.stats().dial_failures != 0; });
    slow->cancel.emit(asio::cancellation_type::terminal);
    finish(slow);
}

TEST_F(lifecycle, the_total_timeout_of_one_call)
{
    sandbox().add_fault(fault::silence());
    call_options brief;
    brief.total_timeout = 2s;
    const auto call = start(client().create_session({}, {}, brief));
    run_until(context, [&] { return sandbox().counters().requests == 1; });
    clock->advance(2s);
    finish(call);
    EXPECT_EQ(call->failure->code(), errc::deadline_exceeded);
    EXPECT_EQ(call->failure->code(), condition::timeout);
    EXPECT_EQ(call->failure->outcome(), outcome::unknown);
}

TEST_F(lifecycle, whichever_comes_first)
{
    using namespace asio::experimental::awaitable_operators;
    const session mine = create();
    sandbox().add_fault(fault::silence());
    const auto both = run(client().get_session(mine.id) || client().get_session(mine.id));
    EXPECT_EQ(std::visit([](const session& each) { return each.id; }, both), mine.id);
    EXPECT_NO_THROW(create());
}

TEST_F(lifecycle, a_client_that_is_destroyed_completes_its_calls)
{
    sandbox();
    auto other = std::make_unique<sipher::client>(context, options);
    sandbox().add_fault(fault::silence());
    std::vector<std::shared_ptr<pending_call>> calls;
    for (int i = 0; i < 20; ++i) {
        calls.push_back(start(other->create_session({})));
    }
    run_until(context, [&] { return other->stats().busy != 0; });
    auto copy = std::make_unique<sipher::client>(*other);
    other.reset();
    EXPECT_NE(copy->stats().busy, 0U) << "there is another handle";
    copy.reset();
    std::size_t closed = 0;
    for (const auto& call : calls) {
        finish(call);
        closed += call->failure && call->failure->code() == errc::client_closed ? 1 : 0;
    }
    EXPECT_EQ(closed, calls.size());
}

TEST_F(lifecycle, a_copy_of_a_client_is_a_handle_on_the_same_connections)
{
    create();
    sipher::client copy{client()};
    EXPECT_EQ(copy.stats().dialed, 1U);
}

TEST_F(lifecycle, a_client_destroyed_by_the_handler_of_a_call)
{
    sandbox();
    auto other = std::make_shared<sipher::client>(context, options);
    const auto hanging = start(other->create_session({}));
    bool done = false;
    asio::co_spawn(context, other->create_session({}), [&, other](const std::exception_ptr&, const session&) mutable {
        other.reset();
        done = true;
    });
    other.reset();
    run_until(context, [&] { return done; });
    finish(hanging);
}

TEST_F(lifecycle, a_context_destroyed_with_calls_outstanding)
{
    sandbox().add_faults(10, fault::silence());
    auto own = std::make_unique<asio::io_context>();
    auto witness = std::make_shared<int>(0);
    auto other = std::make_unique<sipher::client>(*own, options);
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(*own, other->create_session({}), [witness](const std::exception_ptr&, const session&) {});
    }
    run_until(*own, [&] { return other->stats().busy == options.pool.max_connections; });
    own.reset();
    EXPECT_EQ(witness.use_count(), 1) << "handlers are destroyed with their context";
    EXPECT_EQ(other->stats().busy, 0U);
    other.reset();
}

TEST_F(lifecycle, shutdown_waits_for_what_is_under_way_and_takes_nothing_new)
{
    options.pool.max_connections = 1;
    const session mine = create();
    fault late = fault::delay(20ms);
    sandbox().add_fault(late);
    const auto under_way = start(client().get_session(mine.id));
    const auto waiting = start(client().get_session(mine.id));
    run_until(context, [&] { return client().stats().busy == 1 && client().stats().waiting == 1; });
    bool drained = false;
    asio::co_spawn(context, client().shutdown(1min),
                   [&](const std::exception_ptr& failure, const shutdown_report& report) {
                       EXPECT_TRUE(report.sessions_left.empty());
                       EXPECT_FALSE(failure);
                       drained = true;
                   });
    finish(waiting);
    EXPECT_EQ(waiting->failure->code(), errc::client_closed);
    run_until(context, [&] { return drained; });
    finish(under_way);
    EXPECT_FALSE(under_way->failure);
    EXPECT_EQ(failure_of(client().get_session(mine.id)).code(), errc::client_closed);
    EXPECT_EQ(client().stats().open, 0U);
}

TEST_F(lifecycle, prewarmed_connections_are_those_that_calls_use)
{
    const auto warm = [](sipher::client warmed) -> asio::awaitable<int> {
        co_await warmed.prewarm(3);
        co_return 0;
    };
    run(warm(client()));
    EXPECT_EQ(client().stats().idle, 3U);
    create();
    EXPECT_EQ(client().stats().dialed, 3U);
    EXPECT_EQ(client().stats().reused, 0U) << "none has carried a request before";
}

TEST_F(lifecycle, no_more_connections_can_be_prewarmed_than_there_may_be)
{
    options.pool.max_connections = 2;
    const auto warm = [](sipher::client warmed) -> asio::awaitable<int> {
        co_await warmed.prewarm(3);
        co_return 0;
    };
    const error failure = failure_of(warm(client()));
    EXPECT_EQ(failure.code(), errc::invalid_request);
    EXPECT_EQ(failure.message(), "connections: must not be more than pool.max_connections");
    EXPECT_EQ(client().stats().open, 0U);
}

TEST_F(lifecycle, no_more_connections_can_be_prewarmed_than_are_kept_idle)
{
    options.pool.max_connections = 4;
    options.pool.max_idle = 2;
    const auto warm = [](sipher::client warmed, std::size_t count) -> asio::awaitable<int> {
        co_await warmed.prewarm(count);
        co_return 0;
    };
    run(warm(client(), 2));
    EXPECT_EQ(client().stats().idle, 2U);
    const error failure = failure_of(warm(client(), 3));
    EXPECT_EQ(failure.code(), errc::invalid_request);
    EXPECT_EQ(failure.message(), "connections: must not be more than pool.max_idle");
}

TEST_F(lifecycle, prewarming_tells_why_it_could_not)
{
    options = sandbox().options();
    options.tls.ca_pem.clear();
    const auto warm = [](sipher::client warmed) -> asio::awaitable<int> {
        co_await warmed.prewarm(2);
        co_return 0;
    };
    EXPECT_EQ(failure_of(warm(client())).code(), errc::tls_verify_failed);
}

TEST_F(lifecycle, shutdown_does_not_wait_longer_than_its_grace)
{
    const auto hanging = start_and_hang();
    bool drained = false;
    asio::co_spawn(context, client().shutdown(10s),
                   [&](const std::exception_ptr&, const shutdown_report&) { drained = true; });
    run_until(context, [&] { return clock->next_alarm() <= clock->now() + 10s; });
    clock->advance(10s);
    run_until(context, [&] { return drained; });
    finish(hanging);
    EXPECT_EQ(hanging->failure->outcome(), outcome::unknown);
}

TEST_F(lifecycle, other_completion_tokens)
{
    auto work = asio::make_work_guard(context);
    std::thread runner{[&] { context.run(); }};
    sandbox();
    sipher::client other{context, options};
    const session made = asio::co_spawn(context, other.create_session({}), asio::use_future).get();
    std::promise<session_id> by_callback;
    asio::co_spawn(context, other.get_session(made.id),
                   [&](const std::exception_ptr&, const session& read) { by_callback.set_value(read.id); });
    EXPECT_EQ(by_callback.get_future().get(), made.id);
    const auto by_tuple = [&]() -> asio::awaitable<bool> {
        const auto executor = co_await asio::this_coro::executor;
        const auto [failure, read] =
            co_await asio::co_spawn(executor, other.get_session(made.id), asio::as_tuple(asio::use_awaitable));
        co_return !failure && read.id == made.id;
    };
    EXPECT_TRUE(asio::co_spawn(context, by_tuple(), asio::use_future).get());
    work.reset();
    context.stop();
    runner.join();
}

TEST_F(lifecycle, a_call_resumes_where_its_caller_runs)
{
    auto work = asio::make_work_guard(context);
    std::thread runner{[&] { context.run(); }};
    asio::thread_pool callers{1};
    sandbox();
    sipher::client other{context, options};
    const auto caller = [&]() -> asio::awaitable<bool> {
        const session made = co_await other.create_session({});
        const auto here = std::this_thread::get_id();
        const session read = co_await other.get_session(made.id);
        co_return here == std::this_thread::get_id() && here != runner.get_id() && read.id == made.id;
    };
    EXPECT_TRUE(asio::co_spawn(callers, caller(), asio::use_future).get());
    callers.join();
    work.reset();
    context.stop();
    runner.join();
}

TEST_F(lifecycle, results_instead_of_exceptions)
{
    const auto missing = run(as_result(client().get_session(session_id{})));
    ASSERT_TRUE(missing.has_error());
    EXPECT_EQ(missing.error().code(), condition::not_found);
    EXPECT_THROW((void)missing.value(), error);
    const auto made = run(as_result(client().create_session({})));
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made.error().code(), boost::system::error_code{});
}

} // namespace
} // namespace sipher::test
