#include "support/client_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace json = boost::json;

class session_scope_test : public client_test {
protected:
    void expect_nothing_left()
    {
        settle();
        EXPECT_TRUE(sandbox().sessions().empty()) << "a session was left behind";
        EXPECT_EQ(sandbox().counters().created, sandbox().counters().deleted);
    }

    /// Two uses one after the other, and then two at the same time.
    auto body()
    {
        return [this](session mine) -> asio::awaitable<std::string> {
            using namespace asio::experimental::awaitable_operators;
            call_options under;
            under.session = mine;
            co_await client().request(verb::post, "/v1/echo", json::object{}, under);
            const auto both = co_await (client().get_session(mine.id) &&
                                        client().request(verb::post, "/v1/stealth/generate", json::object{}, under));
            co_return std::string{std::get<1>(both).at("chain").as_string()};
        };
    }
};

TEST_F(session_scope_test, a_session_for_as_long_as_a_function_runs)
{
    EXPECT_EQ(run(with_session(client(), near_and_shielded(), 10min, body())), "near");
    expect_nothing_left();
    EXPECT_EQ(sandbox().counters().created, 1U);
}

TEST_F(session_scope_test, exceptions_of_the_body_are_thrown_on_and_not_hidden_by_a_failed_delete)
{
    for (const bool delete_fails : {false, true}) {
        auto throwing = [&](const session&) -> asio::awaitable<int> {
            if (delete_fails) {
                sandbox().add_faults(10, sipher::testing::fault::respond(500, "{}"));
            }
            throw std::runtime_error{"the body's own"};
            co_return 0;
        };
        try {
            run(with_session(client(), {}, 10min, throwing));
            ADD_FAILURE() << "nothing was thrown";
        } catch (const std::runtime_error& thrown) {
            EXPECT_STREQ(thrown.what(), "the body's own");
        }
        sandbox().clear_faults();
        EXPECT_EQ(sandbox().sessions().size(), delete_fails ? 1U : 0U);
    }
}

TEST_F(session_scope_test, a_grace_that_no_delete_could_have_is_refused_before_the_create)
{
    for (const auto grace : {-1ms, std::chrono::milliseconds::max()}) {
        const error failure = failure_of(session_scope::open(client(), {}, {}, grace));
        EXPECT_EQ(failure.code(), errc::invalid_request);
        EXPECT_EQ(failure.message().find("grace: must "), 0U) << failure.message();
    }
    EXPECT_EQ(sandbox().counters().created, 0U);
}

TEST_F(session_scope_test, a_body_without_a_result)
{
    bool ran = false;
    auto nothing = [&](const session&) -> asio::awaitable<void> {
        ran = true;
        co_return;
    };
    run([](auto work) -> asio::awaitable<int> {
        co_await std::move(work);
        co_return 0;
    }(with_session(client(), {}, 10min, nothing)));
    EXPECT_TRUE(ran);
    expect_nothing_left();
}

TEST_F(session_scope_test, a_delete_that_takes_too_long_does_not_hold_up_the_result)
{
    auto quick = [&](const session&) -> asio::awaitable<int> {
        sandbox().add_fault(sipher::testing::fault::silence());
        co_return 7;
    };
    std::optional<int> result;
    asio::co_spawn(context, with_session(client(), {}, 10min, quick, 2s),
                   [&](const std::exception_ptr&, int value) { result = value; });
    run_until(context, [&] { return sandbox().counters().requests == 2; });
    EXPECT_FALSE(result);
    clock->advance(2s);
    run_until(context, [&] { return result.has_value(); });
    EXPECT_EQ(result, 7);
}

TEST_F(session_scope_test, cancelled_after_any_handler_it_leaves_no_session_behind)
{
    bool ended = false;
    int k = 0;
    for (; !ended; ++k) {
        ASSERT_LT(k, 2000);
        asio::cancellation_signal cancel;
        int completions = 0;
        asio::co_spawn(context, with_session(client(), near_and_shielded(), 10min, body()),
                       asio::bind_cancellation_slot(
                           cancel.slot(), [&](const std::exception_ptr&, const std::string&) { ++completions; }));
        for (int i = 0; i <= k && completions == 0; ++i) {
            context.restart();
            context.run_one_for(1s);
        }
        ended = completions != 0;
        cancel.emit(asio::cancellation_type::terminal);
        run_until(context, [&] { return completions != 0; });
        EXPECT_EQ(completions, 1);
        settle();
        ASSERT_TRUE(sandbox().sessions().empty()) << "after handler " << k;
        ASSERT_EQ(sandbox().counters().created, sandbox().counters().deleted) << "after handler " << k;
    }
    EXPECT_GT(k, 5) << "too short to mean anything";
}

TEST_F(session_scope_test, a_scope_that_is_left_deletes_and_one_that_is_closed_says_how_it_went)
{
    {
        const session_scope scope = run(session_scope::open(client(), near_and_shielded()));
        EXPECT_EQ(scope.get().defaults, near_and_shielded());
        EXPECT_EQ(sandbox().sessions().size(), 1U);
    }
    expect_nothing_left();
    session_scope scope{client(), create()};
    const auto close = [](session_scope mine) -> asio::awaitable<int> {
        co_await mine.close();
        co_return 0;
    };
    sandbox().add_faults(
        10, sipher::testing::fault::respond(403, R"({"success":false,"error":{"code":"TIER_ACCESS_DENIED"}})"));
    EXPECT_EQ(failure_of(close(std::move(scope))).code(), condition::forbidden);
    sandbox().clear_faults();
    session_scope lost{client(), create()};
    sandbox().lose_session(lost.get().id);
    run(close(std::move(lost)));
}

TEST_F(session_scope_test, the_background_delete_outlives_the_last_handle)
{
    sandbox();
    std::optional<sipher::client> brief{std::in_place, context, options};
    std::optional<session_scope> scope{run(session_scope::open(*brief, {}))};
    brief.reset();
    scope.reset();
    context.restart();
    context.run_for(10s);
    EXPECT_TRUE(context.stopped());
    EXPECT_TRUE(sandbox().sessions().empty());
}

TEST_F(session_scope_test, closing_does_not_need_the_scope_any_longer)
{
    std::optional<session_scope> scope{run(session_scope::open(client(), {}))};
    std::optional<bool> went_well;
    asio::co_spawn(context, scope->close(),
                   [&went_well](const std::exception_ptr& thrown) { went_well = thrown == nullptr; });
    scope.reset();
    settle();
    EXPECT_EQ(went_well, true);
    expect_nothing_left();
}

} // namespace
} // namespace sipher::test
