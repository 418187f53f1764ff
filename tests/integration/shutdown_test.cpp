// What a client that shuts down leaves behind: nothing, or what it names.
#include "support/client_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <deque>
#include <list>
#include <set>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
using sipher::testing::fault;
namespace asio = boost::asio;
namespace json = boost::json;

class shutdown_test : public client_test {
protected:
    std::shared_ptr<std::optional<shutdown_report>> start_shutdown(std::chrono::milliseconds grace)
    {
        auto report = std::make_shared<std::optional<shutdown_report>>();
        asio::co_spawn(context, client().shutdown(grace),
                       [report](const std::exception_ptr& failure, shutdown_report given) {
                           EXPECT_FALSE(failure);
                           report->emplace(std::move(given));
                       });
        return report;
    }

    /// Time passes where nothing else happens; how much is counted.
    shutdown_report shut_down(std::chrono::milliseconds grace)
    {
        const auto report = start_shutdown(grace);
        const auto start = clock->now();
        for (int i = 0; i < 10'000 && !*report; ++i) {
            context.restart();
            if (context.run_one_for(20ms) == 0) {
                clock->advance(100ms);
            }
        }
        took = clock->now() - start;
        EXPECT_TRUE(*report) << "it hangs";
        return report->value_or(shutdown_report{});
    }

    std::set<session_id> ids_at_the_service()
    {
        std::set<session_id> ids;
        for (const session& each : sandbox().sessions()) {
            ids.insert(each.id);
        }
        return ids;
    }

    void open_scopes(int count)
    {
        for (int i = 0; i < count; ++i) {
            scopes.push_back(run(session_scope::open(client(), near_and_shielded())));
        }
    }

    /// Works under a session of its own until it is cancelled; some rest in between.
    asio::awaitable<void> agent(sipher::client api, bool rests)
    {
        auto body = [api, rests](session mine) -> asio::awaitable<void> {
            call_options under;
            under.session = mine;
            asio::steady_timer rest{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
            for (;;) {
                co_await api.request(verb::post, "/v1/stealth/generate", json::object{}, under);
                if (rests) {
                    co_await rest.async_wait(asio::use_awaitable);
                }
            }
        };
        co_await with_session(api, near_and_shielded(), 10min, body);
    }

    std::deque<session_scope> scopes;
    std::chrono::nanoseconds took{};
};

TEST_F(shutdown_test, five_hundred_agents_that_are_cancelled_leave_nothing)
{
    std::list<asio::cancellation_signal> signals;
    for (int i = 0; i < 500; ++i) {
        asio::co_spawn(context, agent(client(), i % 50 != 0),
                       asio::bind_cancellation_slot(signals.emplace_back().slot(), [](const std::exception_ptr&) {}));
    }
    run_until(context, [&] { return sandbox().counters().created == 500; });
    for (asio::cancellation_signal& each : signals) {
        each.emit(asio::cancellation_type::terminal);
    }
    EXPECT_TRUE(shut_down(5s).sessions_left.empty());
    EXPECT_TRUE(sandbox().sessions().empty());
    EXPECT_EQ(sandbox().counters().deleted, 500U) << "each once";
    EXPECT_LT(took, 5s);
}

TEST_F(shutdown_test, scopes_that_are_still_there_are_deleted_as_well)
{
    open_scopes(20);
    EXPECT_TRUE(shut_down(5s).sessions_left.empty());
    EXPECT_TRUE(sandbox().sessions().empty());
    EXPECT_EQ(took, 0s) << "nothing had to be waited for";
    run([](session_scope mine) -> asio::awaitable<int> {
        co_await mine.close();
        co_return 0;
    }(std::move(scopes.front())));
    scopes.clear();
    EXPECT_EQ(sandbox().counters().deleted, 20U);
}

TEST_F(shutdown_test, a_delete_that_hangs_does_not_hold_up_the_next)
{
    open_scopes(2);
    sandbox().add_fault(fault::silence());
    scopes.pop_front();
    run_until(context, [&] { return sandbox().counters().deleted == 1; });
    scopes.pop_front();
    run_until(context, [&] { return sandbox().counters().deleted == 2; });
    EXPECT_TRUE(sandbox().sessions().empty());
    // The first one is given up.
    clock->advance(10s);
    settle();
}

TEST_F(shutdown_test, live_sessions_end)
{
    std::vector<live_session> many;
    for (int i = 0; i < 20; ++i) {
        many.push_back(run(live_session::start(client(), near_and_shielded())));
    }
    EXPECT_TRUE(shut_down(5s).sessions_left.empty());
    EXPECT_TRUE(sandbox().sessions().empty());
    EXPECT_EQ(failure_of(many.front().verify()).code(), errc::client_closed);
}

TEST_F(shutdown_test, no_session_is_taken_away_from_a_request_under_it)
{
    open_scopes(1);
    sandbox().add_fault(fault::delay(50ms));
    call_options under;
    under.session = scopes.front().get();
    bool ended = false;
    asio::co_spawn(context, client().request(verb::post, "/v1/stealth/generate", json::object{}, under),
                   [&](const std::exception_ptr& thrown, const json::value&) {
                       EXPECT_FALSE(thrown);
                       EXPECT_EQ(sandbox().counters().deleted, 0U);
                       ended = true;
                   });
    run_until(context, [&] { return client().stats().busy == 1; });
    const auto report = start_shutdown(1min);
    run_until(context, [&] { return report->has_value(); });
    EXPECT_TRUE(ended);
    EXPECT_TRUE((*report)->sessions_left.empty());
    EXPECT_TRUE(sandbox().sessions().empty());
}

TEST_F(shutdown_test, a_request_that_takes_too_long_does_not_use_up_the_time_for_deletes)
{
    open_scopes(3);
    sandbox().add_fault(fault::silence());
    call_options under;
    under.session = scopes.front().get();
    std::optional<error> failure;
    asio::co_spawn(context, client().request(verb::post, "/v1/stealth/generate", json::object{}, under),
                   [&](const std::exception_ptr& thrown, const json::value&) { failure = error_of(thrown); });
    run_until(context, [&] { return sandbox().counters().requests == 4; });
    EXPECT_TRUE(shut_down(6s).sessions_left.empty());
    EXPECT_TRUE(sandbox().sessions().empty());
    EXPECT_EQ(took, 6s);
    settle();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), errc::client_closed);
}

TEST_F(shutdown_test, a_scope_that_is_destroyed_while_it_shuts_down_counts)
{
    open_scopes(2);
    sandbox().add_fault(fault::silence());
    const auto id = scopes.front().get().id;
    call_options brief;
    brief.total_timeout = 1s;
    asio::co_spawn(context, client().get_session(id, brief), [this](const std::exception_ptr&, const session&) {
        scopes.clear(); // as an agent that ends
    });
    run_until(context, [&] { return sandbox().counters().requests == 3; });
    EXPECT_TRUE(shut_down(10s).sessions_left.empty());
    EXPECT_TRUE(sandbox().sessions().empty());
    EXPECT_LE(took, 1100ms);
}

TEST_F(shutdown_test, a_session_that_is_just_being_made_is_deleted)
{
    sandbox().add_fault(fault::delay(50ms));
    bool ended = false;
    asio::co_spawn(context, session_scope::open(client(), {}),
                   [&](const std::exception_ptr&, const session_scope&) { ended = true; });
    run_until(context, [&] { return client().stats().busy == 1; });
    const auto report = start_shutdown(1min);
    run_until(context, [&] { return report->has_value() && ended; });
    EXPECT_TRUE((*report)->sessions_left.empty());
    EXPECT_EQ(sandbox().counters().created, 1U);
    EXPECT_TRUE(sandbox().sessions().empty());
}

TEST_F(shutdown_test, a_delete_that_failed_is_tried_again)
{
    open_scopes(1);
    sandbox().add_faults(10, fault::drop_request());
    scopes.clear();
    for (int i = 0; i < 60; ++i) {
        settle();
        clock->advance(1s);
    }
    sandbox().clear_faults();
    EXPECT_EQ(sandbox().sessions().size(), 1U);
    EXPECT_TRUE(shut_down(5s).sessions_left.empty());
    EXPECT_TRUE(sandbox().sessions().empty());
}

TEST_F(shutdown_test, a_service_that_does_not_respond_is_not_waited_for_longer_and_what_may_be_left_is_named)
{
    open_scopes(20);
    sandbox().add_faults(100, fault::silence());
    const shutdown_report report = shut_down(5s);
    EXPECT_EQ(took, 5s);
    EXPECT_EQ(report.sessions_left.size(), 20U);
}

TEST_F(shutdown_test, a_service_that_is_down_is_not_waited_for_longer_and_what_is_left_is_named)
{
    open_scopes(20);
    const std::set<session_id> all = ids_at_the_service();
    sandbox().set_shutting_down(true);
    const shutdown_report report = shut_down(5s);
    EXPECT_LE(took, 5s);
    EXPECT_EQ((std::set<session_id>{report.sessions_left.begin(), report.sessions_left.end()}), all);
}

TEST_F(shutdown_test, within_the_rate_limit_and_what_is_left_is_named)
{
    sandbox_options.rate_limit = 30;
    open_scopes(20);
    const shutdown_report report = shut_down(5s);
    EXPECT_LE(took, 5s);
    EXPECT_EQ(report.sessions_left.size(), 10U);
    EXPECT_EQ((std::set<session_id>{report.sessions_left.begin(), report.sessions_left.end()}), ids_at_the_service());
    EXPECT_EQ(sandbox().counters().requests, 30U) << "none was sent to be refused";
}

TEST_F(shutdown_test, sessions_that_have_ended_by_themselves_are_not_reported)
{
    scopes.push_back(run(session_scope::open(client(), {}, 60s)));
    sandbox().set_shutting_down(true);
    clock->advance(60s);
    EXPECT_TRUE(shut_down(5s).sessions_left.empty());
    EXPECT_EQ(sandbox().counters().requests, 1U) << "there was nothing to delete";
}

TEST_F(shutdown_test, without_any_time_all_are_named)
{
    open_scopes(3);
    EXPECT_EQ(shut_down(0ms).sessions_left.size(), 3U);
    EXPECT_EQ(sandbox().sessions().size(), 3U);
}

TEST_F(shutdown_test, it_may_be_called_twice)
{
    open_scopes(3);
    const auto first = start_shutdown(5s);
    EXPECT_TRUE(shut_down(5s).sessions_left.empty());
    run_until(context, [&] { return first->has_value(); });
    EXPECT_TRUE((*first)->sessions_left.empty());
    EXPECT_TRUE(shut_down(5s).sessions_left.empty());
}

} // namespace
} // namespace sipher::test
