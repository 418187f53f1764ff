// One operation over many inputs.
#include "support/client_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class batch : public client_test {
protected:
    batch()
    {
        options.timeouts.total = 10s;
        many.concurrency = 3;
        many.on_progress = [this](const batch_progress& now) { progress.push_back(now); };
    }

    std::vector<session_id> create_some(std::size_t count)
    {
        std::vector<session_id> ids;
        while (ids.size() < count) {
            ids.push_back(create().id);
        }
        return ids;
    }

    auto get()
    {
        return [of = client()](session_id id) { return of.get_session(id); };
    }

    /// Begins it; what came of it stands in `results`.
    /// @param held As of `settle`.
    void begin(std::vector<session_id> ids, std::size_t held = 0)
    {
        asio::co_spawn(context, for_each_concurrent(std::move(ids), many, get()),
                       asio::bind_cancellation_slot(
                           cancel.slot(), [this](std::exception_ptr failed, std::vector<result<session>> all) {
                               thrown = std::move(failed);
                               results = std::move(all);
                           }));
        settle(held);
    }

    batch_options many;
    std::vector<batch_progress> progress;
    asio::cancellation_signal cancel;
    std::exception_ptr thrown;
    std::optional<std::vector<result<session>>> results;
    const session_id nobodys{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
};

TEST_F(batch, returns_one_result_per_input_in_input_order)
{
    std::vector<session_id> ids = create_some(10);
    ids.insert(ids.begin() + 4, nobodys);
    const auto all = run(for_each_concurrent(ids, many, get()));
    ASSERT_EQ(all.size(), 11U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (i == 4) {
            EXPECT_EQ(all[i].error().code(), condition::not_found);
        } else {
            EXPECT_EQ(all[i]->id, ids[i]);
        }
    }
    ASSERT_EQ(progress.size(), 12U);
    EXPECT_EQ(progress.front().total, 11U);
    EXPECT_EQ(progress.front().done, 0U);
    EXPECT_EQ(progress.back().done, 10U);
    EXPECT_EQ(progress.back().failed, 1U);
    EXPECT_EQ(progress.back().running, 0U);
    const auto busiest = std::ranges::max(progress, {}, &batch_progress::running);
    EXPECT_LE(busiest.running, 3U);
}

TEST_F(batch, without_inputs_has_no_results)
{
    EXPECT_TRUE(run(for_each_concurrent(std::vector<session_id>{}, many, get())).empty());
}

TEST_F(batch, zero_concurrency_is_invalid)
{
    many.concurrency = 0;
    EXPECT_EQ(failure_of(for_each_concurrent(create_some(1), many, get())).code(), errc::invalid_request);
}

TEST_F(batch, waits_for_the_rate_limit_and_reports_it)
{
    sandbox_options.rate_limit = 10;
    options.timeouts.queue = 0ms;
    const std::vector<session_id> ids = create_some(5);
    many.client = client();
    begin(std::vector<session_id>(20, ids.front()));
    EXPECT_FALSE(results);
    EXPECT_EQ(progress.back().done, 5U);
    for (int i = 0; i < 1000 && !results; ++i) {
        clock->advance(1s);
        settle();
    }
    ASSERT_TRUE(results);
    EXPECT_TRUE(std::ranges::all_of(*results, [](const auto& each) { return each.has_value(); }))
        << "the total timeout of 10 s is apart from the wait";
    EXPECT_EQ(std::ranges::max(progress, {}, &batch_progress::waiting).waiting, 2U) << "one has just ended";
    EXPECT_GE(progress.back().elapsed, 60s);
    EXPECT_EQ(progress.back().remaining, 0ns);
    const batch_progress& halfway = progress[11];
    EXPECT_GT(halfway.remaining, 0ns);
}

TEST_F(batch, that_is_cancelled_reports_partial_results)
{
    const std::vector<session_id> ids = create_some(1);
    sandbox().add_faults(2, testing::fault::with_header("X-Nothing", "1"));
    sandbox().add_faults(3, testing::fault::silence());
    begin(std::vector<session_id>(9, ids.front()), 3);
    EXPECT_FALSE(results);
    cancel.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_FALSE(thrown);
    ASSERT_TRUE(results);
    std::vector<std::string> outcomes;
    for (const auto& each : *results) {
        outcomes.emplace_back(each ? "done" : to_string(each.error().outcome()));
        EXPECT_TRUE(each || each.error().code() == condition::cancelled);
    }
    std::ranges::sort(outcomes);
    EXPECT_EQ(outcomes, (std::vector<std::string>{"done", "done", "not sent", "not sent", "not sent", "not sent",
                                                  "unknown", "unknown", "unknown"}));
}

TEST_F(batch, partial_cancellation_reaches_its_operations)
{
    const std::vector<session_id> ids = create_some(1);
    sandbox().add_faults(3, testing::fault::silence());
    std::optional<std::vector<result<session>>> all;
    error diagnostics;
    async_call(context.get_executor(), for_each_concurrent(std::vector<session_id>(9, ids.front()), many, get()),
               diagnostics,
               asio::bind_cancellation_slot(
                   cancel.slot(),
                   [&all](boost::system::error_code, std::vector<result<session>> made) { all = std::move(made); }));
    settle(3);
    cancel.emit(asio::cancellation_type::partial);
    settle();
    ASSERT_TRUE(all);
    EXPECT_EQ(all->size(), 9U);
    for (const auto& each : *all) {
        EXPECT_EQ(each.error().code(), condition::cancelled);
    }
}

TEST_F(batch, an_operation_that_throws_before_it_is_a_coroutine_is_one_failure_of_many)
{
    const session made = create();
    auto remove = [of = client()](const std::string& id) { return of.get_session(session_id{id}); };
    const auto all = run(for_each_concurrent(
        std::vector<std::string>{made.id.to_string(), "not an id", made.id.to_string()}, many, remove));
    ASSERT_EQ(all.size(), 3U);
    EXPECT_TRUE(all[0]);
    EXPECT_EQ(all[1].error().code(), errc::invalid_request);
    EXPECT_TRUE(all[2]);
}

TEST_F(batch, begins_nothing_more_once_it_was_cancelled)
{
    many.concurrency = 1;
    auto cancel_all = [this](int) -> asio::awaitable<void> {
        cancel.emit(asio::cancellation_type::terminal);
        co_await asio::post(asio::use_awaitable);
    };
    std::vector<result<void>> all;
    asio::co_spawn(
        context, for_each_concurrent(std::vector<int>{1, 2, 3}, many, cancel_all),
        asio::bind_cancellation_slot(cancel.slot(), [&all](const std::exception_ptr&, std::vector<result<void>> made) {
            all = std::move(made);
        }));
    settle();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_TRUE(all[0]);
    EXPECT_EQ(all[1].error().code(), condition::cancelled);
    EXPECT_EQ(all[2].error().outcome(), outcome::not_sent);
}

TEST_F(batch, is_destroyed_with_its_execution_context)
{
    const std::vector<session_id> ids = create_some(1);
    sandbox().add_faults(3, testing::fault::silence());
    auto own = std::make_unique<asio::io_context>();
    sipher::client mine{*own, options};
    auto get_mine = [mine](session_id id) { return mine.get_session(id); };
    bool has_ended = false;
    asio::co_spawn(*own, for_each_concurrent(std::vector<session_id>(9, ids.front()), many, get_mine),
                   [&has_ended](const std::exception_ptr&, const std::vector<result<session>>&) { has_ended = true; });
    run_until(*own, [&mine] { return mine.stats().busy == 3; });
    own.reset();
    EXPECT_FALSE(has_ended);
}

TEST_F(batch, may_have_results_that_are_only_moved)
{
    auto wrap = [](int number) -> asio::awaitable<std::unique_ptr<int>> { co_return std::make_unique<int>(number); };
    const auto all = run(for_each_concurrent(std::vector<int>{1, 2}, many, wrap));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(**all[1], 2);
}

TEST_F(batch, ends_with_an_exception_that_is_no_system_error)
{
    const auto all = create_some(2);
    auto broken = [](session_id) -> asio::awaitable<int> {
        co_await asio::this_coro::executor;
        throw std::logic_error{"broken"};
    };
    EXPECT_THROW(run(for_each_concurrent(all, many, broken)), std::logic_error);
}

TEST_F(batch, may_have_operations_without_a_result_and_an_observer_that_throws)
{
    std::size_t calls = 0;
    many.on_progress = [](const batch_progress&) { throw std::logic_error{"broken"}; };
    auto count = [&calls](int by) -> asio::awaitable<void> {
        co_await asio::this_coro::executor;
        calls += static_cast<std::size_t>(by);
    };
    const auto all = run(for_each_concurrent(std::vector<int>{1, 2, 3}, many, count));
    EXPECT_EQ(calls, 6U);
    EXPECT_TRUE(std::ranges::all_of(all, [](const auto& each) { return each.has_value(); }));
}

TEST(for_each_concurrent_alone, is_cancelled_whenever_its_last_operation_ends)
{
    for (int handlers = 0; handlers < 12; ++handlers) {
        asio::io_context context;
        asio::cancellation_signal stop;
        bool ended = false;
        const auto post_once = [](int) -> asio::awaitable<int> {
            co_await asio::post(asio::use_awaitable);
            co_return 1;
        };
        asio::co_spawn(
            context, for_each_concurrent(std::vector<int>(1), batch_options{}, post_once),
            asio::bind_cancellation_slot(
                stop.slot(), [&](const std::exception_ptr&, const std::vector<result<int>>&) { ended = true; }));
        for (int i = 0; i < handlers; ++i) {
            context.poll_one();
        }
        asio::post(context, [&] {
            if (!ended) {
                stop.emit(asio::cancellation_type::terminal);
            }
        });
        context.run();
        EXPECT_TRUE(ended) << handlers;
    }
}

} // namespace
} // namespace sipher::test
