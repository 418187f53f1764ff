#include "support/client_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

class live_session_test : public client_test {
protected:
    ~live_session_test() override
    {
        live.reset();
        settle();
        EXPECT_TRUE(sandbox().sessions().empty()) << "a session was left behind";
    }

    live_session& start(session_defaults defaults = near_and_shielded())
    {
        rules.time_to_live = rules.time_to_live.count() != 0 ? rules.time_to_live : 100s;
        rules.on_replacement = [this](const replacement_event& event) { events.push_back(event); };
        live.emplace(run(live_session::start(client(), std::move(defaults), rules)));
        return *live;
    }

    /// Time passes in steps, as it does for one who runs.
    void pass(std::chrono::seconds time)
    {
        for (std::chrono::seconds gone{}; gone < time; gone += 1s) {
            clock->advance(1s);
            context.restart();
            context.poll();
            if (client().stats().busy + client().stats().dialing + client().stats().waiting != 0) {
                settle();
            }
        }
    }

    /// The defaults that a request under it really ran under.
    session_defaults use(call_options call = {})
    {
        run(live->request(verb::post, "/v1/stealth/generate", json::object{}, std::move(call)));
        return last_effective_defaults();
    }

    void spawn_request(std::optional<bool>& succeeded, call_options call)
    {
        boost::asio::co_spawn(
            context, live->request(verb::post, "/v1/stealth/generate", json::object{}, std::move(call)),
            [&succeeded](const std::exception_ptr& thrown, const json::value&) { succeeded = thrown == nullptr; });
    }

    /// For five seconds, with a request without a response.
    void occupy_the_connection()
    {
        call_options brief;
        brief.total_timeout = 5s;
        const std::uint64_t before = sandbox().counters().requests;
        sandbox().add_fault(sipher::testing::fault::silence());
        boost::asio::co_spawn(context, client().get_session(live->id(), brief),
                              [](const std::exception_ptr&, const session&) {});
        run_until(context, [&] { return sandbox().counters().requests > before; });
    }

    /// How it has ended, once it has: an error, or none.
    using ending = std::optional<std::optional<error>>;

    std::shared_ptr<ending> spawn(boost::asio::awaitable<session> work, boost::asio::cancellation_slot slot = {})
    {
        auto ended = std::make_shared<ending>();
        boost::asio::co_spawn(
            context, std::move(work),
            boost::asio::bind_cancellation_slot(
                slot, [ended](const std::exception_ptr& thrown, const session&) { ended->emplace(error_of(thrown)); }));
        return ended;
    }

    live_session_options rules;
    std::optional<live_session> live;
    std::vector<replacement_event> events;
};

TEST_F(live_session_test, a_caller_is_told_in_time_that_a_replacement_takes_too_long)
{
    start();
    sandbox().restart();
    sandbox().add_fault(sipher::testing::fault::delay(0ms));
    sandbox().add_fault(sipher::testing::fault::silence());
    call_options brief;
    brief.total_timeout = 2s;
    const auto verified = spawn(live->verify(brief));
    settle(1);
    clock->advance(1s);
    settle(1);
    EXPECT_FALSE(*verified);
    clock->advance(1s);
    settle(1);
    ASSERT_TRUE(*verified);
    EXPECT_EQ((**verified)->code(), errc::deadline_exceeded);
    // What the lost create has made is not the point here.
    sandbox().restart();
    clock->advance(10s);
    settle();
}

TEST_F(live_session_test, whoever_gives_up_its_first_create_is_told_that_it_may_have_been_applied)
{
    sandbox().add_fault(sipher::testing::fault::silence());
    boost::asio::cancellation_signal stop;
    std::optional<error> failure;
    boost::asio::co_spawn(
        context, live_session::start(client(), near_and_shielded(), rules),
        boost::asio::bind_cancellation_slot(
            stop.slot(), [&](const std::exception_ptr& thrown, const live_session&) { failure = error_of(thrown); }));
    run_until(context, [&] { return sandbox().counters().requests == 1; });
    stop.emit(boost::asio::cancellation_type::terminal);
    settle(1);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->outcome(), outcome::unknown);
    // What the lost create has made is not the point here.
    sandbox().restart();
    clock->advance(10s);
    settle();
}

TEST_F(live_session_test, a_request_that_waits_beyond_its_session_goes_on_under_the_next)
{
    start();
    const session_id first = live->id();
    pass(20s);
    ASSERT_EQ(live->id(), first);
    sandbox().add_fault(sipher::testing::fault::respond(
        429, R"({"success":false,"error":{"code":"RATE_LIMIT_EXCEEDED","message":"Too many requests"}})",
        {{"Retry-After", "90"}}));
    call_options patient;
    patient.total_timeout = 200s;
    std::optional<bool> succeeded;
    spawn_request(succeeded, patient);
    settle();
    pass(120s);
    EXPECT_EQ(succeeded, true);
    EXPECT_NE(live->id(), first);
    EXPECT_EQ(last_effective_defaults(), near_and_shielded());
}

TEST_F(live_session_test, a_released_session_belongs_to_its_next_owner_whatever_is_still_in_progress)
{
    start();
    std::optional<bool> succeeded;
    sandbox().add_fault(sipher::testing::fault::delay(200ms));
    spawn_request(succeeded, {});
    const session kept = live->release();
    const session_scope next{client(), kept};
    run_until(context, [&] { return succeeded.has_value(); });
    settle();
    EXPECT_EQ(sandbox().sessions().size(), 1U);
}

TEST_F(live_session_test, whoever_gives_up_an_update_that_has_replaced_the_session_is_told_that_it_may_have_been)
{
    boost::asio::cancellation_signal stop;
    session_defaults more;
    more.backend = backend::sip_native;
    rules.on_replacement = [&](const replacement_event&) { stop.emit(boost::asio::cancellation_type::terminal); };
    live.emplace(run(live_session::start(client(), near_and_shielded(), rules)));
    const auto updated = spawn(live->update(more), stop.slot());
    settle();
    ASSERT_TRUE(*updated);
    ASSERT_TRUE(**updated);
    EXPECT_EQ((**updated)->outcome(), outcome::unknown);
}

TEST_F(live_session_test, a_live_session_of_another_client_that_knows_less_is_refused)
{
    start();
    sipher::client other{context, options};
    run(other.delete_session(live->id()));
    call_options under;
    under.session = *live;
    under.total_timeout = 0ms;
    EXPECT_EQ(failure_of(other.request(verb::post, "/v1/stealth/generate", json::object{}, under)).code(),
              errc::session_gone);
    settle();
}

TEST_F(live_session_test, a_closed_one_refuses_requests_without_occupying_the_executor)
{
    start();
    boost::asio::co_spawn(context, live->close(), [](const std::exception_ptr&) {});
    settle();
    int refused = 0;
    bool stopped = false;
    const auto never_pauses = [&]() -> boost::asio::awaitable<void> {
        while (!stopped && refused < 1000) {
            const auto got = co_await as_result(live->request(verb::get, "/v1/health"));
            refused += got ? 0 : 1;
        }
    };
    boost::asio::co_spawn(context, never_pauses, [](const std::exception_ptr&) {});
    boost::asio::post(context, [&] { stopped = true; });
    settle();
    context.restart();
    context.poll();
    EXPECT_TRUE(stopped);
    EXPECT_LE(refused, 3);
}

TEST_F(live_session_test, an_adoption_cancelled_after_its_replacement_leaves_no_session_behind)
{
    const session known = create();
    sandbox().lose_session(known.id);
    boost::asio::cancellation_signal stop;
    rules.on_replacement = [&](const replacement_event&) { stop.emit(boost::asio::cancellation_type::terminal); };
    bool ended = false;
    boost::asio::co_spawn(context, live_session::adopt(client(), known, rules),
                          boost::asio::bind_cancellation_slot(
                              stop.slot(), [&](const std::exception_ptr&, const live_session&) { ended = true; }));
    run_until(context, [&] { return ended; });
    settle();
    EXPECT_TRUE(sandbox().sessions().empty());
}

TEST_F(live_session_test, a_route_that_is_not_found_says_nothing_about_the_session)
{
    start();
    sandbox().add_fault(sipher::testing::fault::respond(
        404, R"({"success":false,"error":{"code":"NOT_FOUND","message":"no such route"}})"));
    const auto verified = spawn(live->verify());
    settle();
    ASSERT_TRUE(*verified);
    EXPECT_EQ((**verified)->status(), 404U);
    EXPECT_TRUE(events.empty());
}

TEST_F(live_session_test, the_wait_for_a_session_is_a_wait_of_the_queue_timeout)
{
    options.timeouts.total = 10s;
    options.timeouts.queue = 60s;
    start();
    sandbox().restart();
    // Of the read, then the create.
    sandbox().add_fault(sipher::testing::fault::delay(0ms));
    sandbox().add_fault(sipher::testing::fault::respond(
        429, R"({"success":false,"error":{"code":"RATE_LIMIT_EXCEEDED","message":"Too many requests"}})",
        {{"Retry-After", "20"}}));
    const auto verified = spawn(live->verify());
    settle();
    std::optional<bool> hasty_succeeded;
    std::optional<bool> patient_succeeded;
    call_options brief;
    brief.queue_timeout = 5s;
    spawn_request(hasty_succeeded, brief);
    spawn_request(patient_succeeded, {});
    pass(12s);
    EXPECT_FALSE(hasty_succeeded || patient_succeeded || *verified) << "the total timeout is for what follows";
    pass(4s);
    EXPECT_EQ(hasty_succeeded, false);
    EXPECT_FALSE(patient_succeeded);
    pass(10s);
    EXPECT_EQ(patient_succeeded, true);
    ASSERT_TRUE(*verified);
    EXPECT_FALSE(**verified);
}

TEST_F(live_session_test, requests_run_under_it)
{
    start();
    response_info info;
    call_options wanted;
    wanted.info = &info;
    EXPECT_EQ(use(wanted), near_and_shielded());
    EXPECT_EQ(info.pinned_members, (std::vector<std::string>{"chain", "privacyLevel"}));
    ASSERT_EQ(sandbox().sessions().size(), 1U);
    EXPECT_EQ(sandbox().sessions().front().id, live->id());
    run(client().request(verb::post, "/v1/stealth/generate", json::object{}, [&] {
        call_options under;
        under.session = *live;
        return under;
    }()));
    EXPECT_EQ(last_effective_defaults(), near_and_shielded());
}

TEST_F(live_session_test, it_is_replaced_before_it_expires_and_the_old_one_is_deleted)
{
    start();
    std::vector<session_id> ids{live->id()};
    for (int second = 0; second < 1000; ++second) {
        pass(1s);
        if (live->id() != ids.back()) {
            ids.push_back(live->id());
            EXPECT_EQ(sandbox().sessions().size(), 1U) << "the old one is still there";
        }
        ASSERT_FALSE(sandbox().sessions().empty()) << "at second " << second;
    }
    EXPECT_GE(ids.size(), 10U);
    EXPECT_LE(ids.size(), 14U);
    ASSERT_EQ(events.size() + 1, ids.size());
    EXPECT_EQ(events.front().reason, replacement_reason::expiring);
    EXPECT_EQ(events.front().old_id, ids[0]);
    EXPECT_EQ(events.front().new_id, ids[1]);
    EXPECT_EQ(use(), near_and_shielded());
}

TEST_F(live_session_test, a_session_that_the_service_has_lost_is_replaced_when_it_is_noticed)
{
    start();
    const session_id first = live->id();
    sandbox().restart();
    settle();
    EXPECT_EQ(use(), near_and_shielded()) << "pinned";
    const session now = run(live->verify());
    EXPECT_NE(now.id, first);
    EXPECT_EQ(now.defaults, near_and_shielded());
    EXPECT_EQ(live->id(), now.id);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events.front().reason, replacement_reason::lost);
    EXPECT_EQ(use(), near_and_shielded());
}

TEST_F(live_session_test, any_request_that_finds_it_lost_triggers_a_replacement)
{
    start();
    const session_id first = live->id();
    sandbox().lose_session(first);
    failure_of(client().get_session(first));
    EXPECT_EQ(use(), near_and_shielded());
    EXPECT_NE(live->id(), first);
}

TEST_F(live_session_test, checks_of_its_own_find_what_is_lost_and_what_somebody_else_changed)
{
    rules.check_every = 5s;
    rules.time_to_live = 3600s;
    start();
    sandbox().restart();
    pass(6s);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events.back().reason, replacement_reason::lost);
    session_defaults foreign;
    foreign.backend = backend::sip_native;
    run(client().update_session(live->id(), foreign));
    pass(6s);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events.back().reason, replacement_reason::changed);
    EXPECT_EQ(use(), near_and_shielded());
}

TEST_F(live_session_test, an_update_survives_replacements)
{
    start();
    session_defaults changes;
    changes.chain = chain::sui;
    const session_id first = live->id();
    const session updated = run(live->update(changes));
    EXPECT_EQ(updated.id, first) << "a value that changes needs no new session";
    session_defaults wanted = near_and_shielded();
    wanted.chain = chain::sui;
    EXPECT_EQ(updated.defaults, wanted);
    EXPECT_EQ(use(), wanted);
    pass(100s);
    EXPECT_NE(live->id(), first);
    EXPECT_EQ(use(), wanted);
    EXPECT_EQ(sandbox().sessions().front().defaults, wanted);
}

TEST_F(live_session_test, an_update_that_adds_a_member_leaves_requests_under_way_alone)
{
    start();
    const session_id first = live->id();
    session_defaults changes;
    changes.backend = backend::sip_native;
    const session updated = run(live->update(changes));
    EXPECT_NE(updated.id, first);
    EXPECT_EQ(use().backend, backend::sip_native);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events.front().reason, replacement_reason::changed);
}

TEST_F(live_session_test, an_update_of_a_lost_session_makes_a_new_one_with_the_new_defaults)
{
    start();
    sandbox().restart();
    settle();
    session_defaults changes;
    changes.chain = chain::aptos;
    EXPECT_EQ(run(live->update(changes)).defaults.chain, chain::aptos);
    EXPECT_EQ(use().chain, chain::aptos);
}

TEST_F(live_session_test, an_update_that_fails_changes_nothing)
{
    options.retry.retry_updates = false;
    start();
    session_defaults changes;
    changes.chain = chain::aptos;
    sandbox().add_fault(sipher::testing::fault::cut_response(0));
    EXPECT_EQ(failure_of(live->update(changes)).outcome(), outcome::unknown);
    EXPECT_EQ(live->defaults(), near_and_shielded());
    settle();
    EXPECT_EQ(use(), near_and_shielded());
    EXPECT_EQ(sandbox().sessions().front().defaults, near_and_shielded()) << "it was replaced";
}

TEST_F(live_session_test, an_update_that_is_given_up_changes_nothing_even_if_its_session_comes)
{
    options.pool.max_connections = 1;
    start();
    occupy_the_connection();
    session_defaults changes;
    changes.backend = backend::sip_native;
    boost::asio::cancellation_signal cancel;
    const auto outcome_of_update = spawn(live->update(changes), cancel.slot());
    context.restart();
    context.poll();
    cancel.emit(boost::asio::cancellation_type::terminal);
    run_until(context, [&] { return outcome_of_update->has_value(); });
    ASSERT_TRUE(outcome_of_update->value());
    EXPECT_EQ(outcome_of_update->value()->code(), boost::asio::error::operation_aborted);
    EXPECT_EQ(outcome_of_update->value()->outcome(), outcome::not_sent);
    clock->advance(5s);
    settle();
    EXPECT_EQ(sandbox().counters().created, 2U) << "the new session came all the same";
    EXPECT_EQ(live->defaults(), near_and_shielded());
    EXPECT_EQ(use(), near_and_shielded());
    EXPECT_EQ(sandbox().sessions().size(), 1U) << "what was made for it is deleted";
}

TEST_F(live_session_test, an_update_fails_when_the_session_is_closed_meanwhile)
{
    options.pool.max_connections = 1;
    start();
    occupy_the_connection();
    session_defaults changes;
    changes.backend = backend::sip_native;
    const auto outcome_of_update = spawn(live->update(changes));
    context.restart();
    context.poll();
    const auto outcome_of_close = spawn([](live_session mine) -> boost::asio::awaitable<session> {
        const session last{mine.id(), timestamp{}};
        co_await mine.close();
        co_return last;
    }(*live));
    context.restart();
    context.poll();
    clock->advance(5s);
    run_until(context, [&] { return outcome_of_update->has_value() && outcome_of_close->has_value(); });
    EXPECT_FALSE(outcome_of_close->value());
    ASSERT_TRUE(outcome_of_update->value());
    EXPECT_EQ(outcome_of_update->value()->code(), errc::session_gone);
}

TEST_F(live_session_test, an_update_that_was_applied_says_so_when_the_rest_of_it_fails)
{
    options.retry.max_attempts = 1;
    start();
    session_defaults foreign;
    foreign.backend = backend::sip_native;
    run(client().update_session(live->id(), foreign));
    session_defaults changes;
    changes.chain = chain::aptos;
    // The create that follows the update is the second request.
    sandbox().add_fault(sipher::testing::fault::delay(0ms));
    sandbox().add_fault(sipher::testing::fault::respond(500, R"({"success":false})"));
    const error failure = failure_of(live->update(changes));
    EXPECT_EQ(failure.code(), condition::server_error);
    EXPECT_EQ(failure.outcome(), outcome::unknown) << failure.what();
    EXPECT_EQ(use(), near_and_shielded()) << "under another session, and without the foreign member";
}

TEST_F(live_session_test, a_throwing_callback_is_an_error_and_no_hang)
{
    bool throws = false;
    options.api_key_provider = [&throws]() -> secret {
        return throws ? throw std::runtime_error{"no key today"} : secret{"sandbox-pro-key"};
    };
    const session kept = create();
    throws = true;
    const error failure = failure_of(live_session::start(client(), {}));
    EXPECT_EQ(failure.code(), errc::callback_failed);
    EXPECT_NE(failure.message().find("no key today"), std::string::npos) << failure.what();
    EXPECT_THROW(run([](session_scope mine) -> boost::asio::awaitable<int> {
                     co_await mine.close();
                     co_return 0;
                 }(session_scope{client(), kept})),
                 error);
    throws = false;
    run(client().delete_session(kept.id));
}

TEST_F(live_session_test, a_session_created_already_expired_is_an_error_and_no_loop)
{
    const std::string over = R"({"success":true,"data":{"sessionId":"sess_)" + std::string(64, 'a') +
                             R"(","defaults":{},"createdAt":1000000000000,"expiresAt":1000000000000}})";
    sandbox();
    sandbox().add_faults(100, sipher::testing::fault::respond(201, over));
    EXPECT_EQ(failure_of(live_session::start(client(), {})).code(), errc::session_gone);
    EXPECT_EQ(sandbox().counters().requests, 1U);
    sandbox().clear_faults();
}

TEST_F(live_session_test, a_session_that_ends_while_a_request_waits_for_its_turn_is_not_used)
{
    sandbox_options.rate_limit = 2;
    const session mine = create(near_and_shielded(), 60s);
    run(client().get_session(mine.id));
    call_options under;
    under.session = applied_session{mine}.unpinned();
    under.total_timeout = 0ms;
    ending ended;
    boost::asio::co_spawn(
        context, client().request(verb::post, "/v1/echo", json::object{}, under),
        [&](const std::exception_ptr& thrown, const json::value&) { ended.emplace(error_of(thrown)); });
    context.restart();
    context.poll();
    EXPECT_FALSE(ended) << "it waits for the rate limit's next window";
    clock->advance(100s);
    run_until(context, [&] { return ended.has_value(); });
    ASSERT_TRUE(*ended);
    EXPECT_EQ(ended->value().code(), errc::session_gone) << ended->value().what();
    EXPECT_EQ(ended->value().outcome(), outcome::not_sent);
    EXPECT_EQ(sandbox().counters().requests, 2U);
}

TEST_F(live_session_test, pinned_members_are_those_of_the_last_request)
{
    start();
    response_info info;
    call_options wanted;
    wanted.info = &info;
    use(wanted);
    EXPECT_FALSE(info.pinned_members.empty());
    run(live->request(verb::get, "/v1/health", wanted));
    EXPECT_TRUE(info.pinned_members.empty());
}

TEST_F(live_session_test, a_failed_renewal_is_retried_and_reported)
{
    options.retry.max_attempts = 1;
    start();
    sandbox().add_faults(1000, sipher::testing::fault::respond(500, R"({"success":false})"));
    pass(99s);
    EXPECT_GE(events.size(), 2U);
    EXPECT_TRUE(std::ranges::all_of(events, [](const auto& each) { return each.failure && !each.new_id; }));
    pass(2s);
    const error failure = failure_of(live->request(verb::post, "/v1/stealth/generate", json::object{}));
    EXPECT_EQ(failure.code(), condition::server_error) << failure.what();
    EXPECT_EQ(failure.outcome(), outcome::not_sent);
    EXPECT_NE(std::string{failure.what()}.find("no session to run under"), std::string::npos) << failure.what();
    sandbox().clear_faults();
    EXPECT_EQ(use(), near_and_shielded());
}

TEST_F(live_session_test, concurrent_requests_without_a_session_share_one_create)
{
    start();
    sandbox().restart();
    settle();
    failure_of(client().get_session(live->id()));
    const std::uint64_t before = sandbox().counters().created;
    int done = 0;
    for (int i = 0; i < 50; ++i) {
        boost::asio::co_spawn(context, live->request(verb::post, "/v1/stealth/generate", json::object{}),
                              [&](const std::exception_ptr& thrown, const json::value&) {
                                  EXPECT_FALSE(thrown);
                                  ++done;
                              });
    }
    run_until(context, [&] { return done == 50; });
    EXPECT_EQ(sandbox().counters().created, before + 1);
}

TEST_F(live_session_test, a_request_under_way_keeps_its_session_from_being_deleted)
{
    start();
    const session_id first = live->id();
    sandbox().add_fault(sipher::testing::fault::silence());
    bool done = false;
    boost::asio::co_spawn(context, live->request(verb::post, "/v1/stealth/generate", json::object{}),
                          [&](const std::exception_ptr&, const json::value&) { done = true; });
    run_until(context, [&] { return sandbox().counters().requests == 2; });
    session_defaults changes;
    changes.backend = backend::sip_native;
    run(live->update(changes));
    settle(1);
    const auto sessions = sandbox().sessions();
    EXPECT_TRUE(std::ranges::any_of(sessions, [&](const session& each) { return each.id == first; }));
    clock->advance(10s);
    run_until(context, [&] { return done; });
    settle();
    EXPECT_EQ(sandbox().sessions().size(), 1U) << "deleted after the last request under it";
}

TEST_F(live_session_test, closed_it_deletes_its_session_and_serves_no_more)
{
    start();
    const live_session copy = *live;
    run([](live_session mine) -> boost::asio::awaitable<int> {
        co_await mine.close();
        co_return 0;
    }(copy));
    EXPECT_TRUE(sandbox().sessions().empty());
    EXPECT_EQ(failure_of(copy.request(verb::post, "/v1/echo", json::object{})).code(), errc::session_gone);
    EXPECT_EQ(failure_of(copy.update({})).code(), errc::session_gone);
}

TEST_F(live_session_test, a_start_that_fails_says_what_the_create_said)
{
    options.api_key = secret{"sandbox-free-key"};
    EXPECT_EQ(failure_of(live_session::start(client(), {})).code(), condition::forbidden);
    live_session_options wrong;
    wrong.time_to_live = 59s;
    EXPECT_EQ(failure_of([](sipher::client owner, live_session_options bad) -> boost::asio::awaitable<live_session> {
                  co_return co_await live_session::start(std::move(owner), {}, std::move(bad));
              }(client(), wrong))
                  .code(),
              errc::invalid_request);
}

TEST_F(live_session_test, a_start_that_is_cancelled_leaves_no_session_behind)
{
    for (int k = 0; k < 30; ++k) {
        boost::asio::cancellation_signal cancel;
        bool done = false;
        boost::asio::co_spawn(context, live_session::start(client(), near_and_shielded(), {}),
                              boost::asio::bind_cancellation_slot(
                                  cancel.slot(), [&](const std::exception_ptr&, const live_session&) { done = true; }));
        for (int i = 0; i <= k; ++i) {
            context.restart();
            context.run_one_for(2ms);
        }
        cancel.emit(boost::asio::cancellation_type::terminal);
        run_until(context, [&] { return done; });
        settle();
        ASSERT_TRUE(sandbox().sessions().empty()) << "after handler " << k;
    }
}

TEST_F(live_session_test, a_client_that_was_shut_down_ends_it)
{
    start();
    run([](sipher::client owner) -> boost::asio::awaitable<int> {
        co_await owner.shutdown(1s);
        co_return 0;
    }(client()));
    EXPECT_EQ(failure_of(live->request(verb::post, "/v1/echo", json::object{})).code(), errc::client_closed);
    context.restart();
    context.run_for(5s);
    EXPECT_TRUE(context.stopped()) << "nothing is due any more";
    live.reset();
    clock->advance(100s); // what could not be deleted expires
}

TEST_F(live_session_test, expiry_follows_the_services_clock)
{
    // The local clock is an hour behind the service's.
    options.clock = nullptr;
    sandbox_options.clock = clock;
    sandbox();
    auto behind = std::make_shared<sipher::testing::manual_clock>(clock->wall_now() - 1h);
    options.clock = behind;
    sipher::client late{context, options};
    const session mine = run(late.create_session(near_and_shielded(), 100s));
    behind->advance(100s);
    call_options under;
    under.session = mine;
    EXPECT_EQ(failure_of(late.request(verb::post, "/v1/echo", json::object{}, under)).code(), errc::session_gone);
    clock->advance(100s);
}

TEST_F(live_session_test, a_session_that_was_deleted_or_not_found_is_not_used_again)
{
    const session mine = create(near_and_shielded());
    run(client().delete_session(mine.id));
    call_options under;
    under.session = mine.id;
    EXPECT_EQ(failure_of(client().request(verb::post, "/v1/echo", json::object{}, under)).code(), errc::session_gone);
    const session lost = create(near_and_shielded());
    sandbox().lose_session(lost.id);
    failure_of(client().get_session(lost.id));
    under.session = lost;
    EXPECT_EQ(failure_of(client().request(verb::post, "/v1/echo", json::object{}, under)).code(), errc::session_gone);
}

TEST_F(live_session_test, a_thousand_renew_evenly_and_once_each)
{
    options.pool.max_connections = 8;
    options.pool.max_waiting = 10'000;
    rules.time_to_live = 60s;
    std::vector<live_session> many;
    std::size_t replaced = 0;
    rules.on_replacement = [&](const replacement_event&) { ++replaced; };
    int failed = 0;
    for (int i = 0; i < 1000; ++i) {
        boost::asio::co_spawn(context, live_session::start(client(), near_and_shielded(), rules),
                              [&](const std::exception_ptr& thrown, live_session made) {
                                  failed += thrown ? 1 : 0;
                                  many.push_back(std::move(made));
                              });
    }
    run_until(context, [&] { return many.size() == 1000; });
    ASSERT_EQ(failed, 0);
    std::vector<std::size_t> each_second;
    int used = 0;
    constexpr int seconds = 200;
    for (int second = 0; second < seconds; ++second) {
        const std::size_t before = replaced;
        for (int i = 0; i < 50; ++i) {
            const live_session& one = many[static_cast<std::size_t>(second * 50 + i) % many.size()];
            boost::asio::co_spawn(context, one.request(verb::post, "/v1/stealth/generate", json::object{}),
                                  [&](const std::exception_ptr& thrown, const json::value&) {
                                      failed += thrown ? 1 : 0;
                                      ++used;
                                  });
        }
        clock->advance(1s);
        run_until(context, [&] { return used == (second + 1) * 50; });
        settle();
        each_second.push_back(replaced - before);
    }
    EXPECT_EQ(failed, 0);
    // From the first renewal on.
    const auto first = std::ranges::find_if(each_second, [](std::size_t count) { return count != 0; });
    const auto lasted = static_cast<std::size_t>(each_second.end() - first);
    const double mean = static_cast<double>(replaced) / static_cast<double>(lasted);
    const std::size_t most = *std::ranges::max_element(each_second);
    RecordProperty("renewals", static_cast<int>(replaced));
    RecordProperty("most_in_a_second", static_cast<int>(most));
    EXPECT_LE(static_cast<double>(most), 3 * mean) << replaced << " in " << lasted << " s";
    EXPECT_EQ(sandbox().counters().created, 1000 + replaced) << "no renewal happened twice";
    for (const sipher::testing::ledger_entry& entry : sandbox().ledger()) {
        ASSERT_TRUE(!entry.effective_defaults || *entry.effective_defaults == near_and_shielded());
    }
    start();
    many.clear();
    settle();
}

} // namespace
} // namespace sipher::test
