#include "call/call_fixture.hpp"

#include <sipher/error_code.hpp>
#include <sipher/result.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;

constexpr std::array<operation, 4> all_operations{operation::create, operation::get, operation::update,
                                                  operation::remove};

TEST_F(call_test, each_operation_succeeds_on_one_connection)
{
    service->otherwise = response_session();
    for (const operation each : all_operations) {
        EXPECT_TRUE(perform(each)->succeeded());
    }
    EXPECT_EQ(service->connects, 1U);
    EXPECT_EQ(service->requests.size(), 4U);
}

TEST_F(call_test, a_create_whose_response_is_lost_is_not_sent_again)
{
    service->otherwise = hang_up();
    const auto call = perform(operation::create);
    advance(1min);
    ASSERT_TRUE(call->failed_with(errc::no_response));
    EXPECT_EQ(call->failure->outcome(), outcome::unknown);
    EXPECT_EQ(call->failure->ended_because(), end_reason::not_repeatable);
    EXPECT_EQ(service->requests.size(), 1U);
}

TEST_F(call_test, a_get_whose_response_is_lost_is_sent_again_after_the_delay)
{
    service->script = {hang_up(), hang_up(), response_session()};
    const auto call = perform(operation::get);
    EXPECT_EQ(service->requests.size(), 1U);
    EXPECT_EQ(call->completions, 0);
    advance(100ms);
    EXPECT_EQ(service->requests.size(), 2U);
    advance(200ms);
    EXPECT_EQ(service->requests.size(), 3U);
    EXPECT_TRUE(call->succeeded());
}

TEST_F(call_test, a_create_of_which_a_part_was_written_is_sent_again)
{
    service->otherwise = response_session(201);
    for (const std::size_t accepted : {std::size_t{0}, std::size_t{1}, std::size_t{40}}) {
        client.reset();
        const std::size_t before = service->connects;
        service->requests.clear();
        service->prepare = [&](scripted_peer& peer) {
            if (service->connects == before + 1) {
                peer.accept_only(accepted, boost::asio::error::broken_pipe);
            }
        };
        const auto call = perform(operation::create);
        advance(100ms);
        EXPECT_TRUE(call->succeeded()) << accepted;
        EXPECT_EQ(service->requests.size(), 1U) << accepted;
        EXPECT_EQ(service->connects, before + 2) << accepted;
    }
}

TEST_F(call_test, an_idle_connection_that_had_ended_costs_one_replay_and_no_delay)
{
    service->otherwise = response_session();
    EXPECT_TRUE(perform(operation::get)->succeeded());
    service->script = {hang_up()};
    const auto call = perform(operation::get);
    EXPECT_TRUE(call->succeeded()) << "without moving the clock";
    EXPECT_EQ(service->connects, 2U);
    service->script = {hang_up()};
    const auto create = perform(operation::create);
    EXPECT_TRUE(create->failed_with(errc::no_response)) << "what left in full may have been applied";
}

TEST_F(call_test, replays_on_stale_connections_cost_no_attempt_and_no_token)
{
    options.retry.max_attempts = 2;
    options.retry.budget = 5;
    service->otherwise = response_session();
    for (int i = 0; i < 100; ++i) {
        EXPECT_TRUE(perform(operation::get)->succeeded());
        service->script = {hang_up()};
        EXPECT_TRUE(perform(operation::get)->succeeded()) << i;
    }
    // The attempt and the tokens are still there for a failure of another kind.
    service->script = {hang_up(), response(502, "")};
    const auto call = perform(operation::get);
    advance(1s);
    EXPECT_TRUE(call->succeeded());
}

TEST_F(call_test, calls_with_short_timeouts_do_not_dial_one_connection_each)
{
    options.pool.max_connections = 4;
    options.timeouts.total = 10ms;
    service->hold_connects = true;
    for (int i = 0; i < 100; ++i) {
        const auto call = perform(operation::get);
        advance(10ms);
        EXPECT_TRUE(call->failed_with(errc::deadline_exceeded)) << i;
    }
    EXPECT_LE(service->connects, 4U);
}

TEST_F(call_test, attempts_tell_what_happened)
{
    service->script = {hang_up(), response(502, ""), response_session()};
    response_info info;
    call_options wanted;
    wanted.info = &info;
    wanted.request_id = "mine";
    const auto call = perform(operation::get, wanted);
    advance(1s);
    advance(1s);
    ASSERT_TRUE(call->succeeded());
    ASSERT_EQ(info.attempts.size(), 3U);
    EXPECT_EQ(info.attempts[0].code, errc::no_response);
    EXPECT_EQ(info.attempts[0].outcome, outcome::unknown);
    EXPECT_EQ(info.attempts[0].address, "peer 1");
    EXPECT_EQ(info.attempts[0].request_id, "mine");
    EXPECT_EQ(info.attempts[0].bytes_written, service->requests[0].size());
    EXPECT_EQ(info.attempts[1].status, 502U);
    EXPECT_EQ(info.attempts[1].request_id, "mine-2");
    EXPECT_FALSE(info.attempts[2].code);
    EXPECT_EQ(info.attempts[2].request_id, "mine-3");
    EXPECT_TRUE(info.attempts[2].reused);
    EXPECT_EQ(info.attempts[2].address, "peer 2");
    EXPECT_TRUE(info.ambiguous_prior_attempt);
}

TEST_F(call_test, a_delete_that_finds_nothing_after_an_ambiguous_one_succeeds)
{
    const std::string gone = R"({"success":false,"error":{"code":"SESSION_NOT_FOUND","message":"gone"}})";
    service->script = {hang_up(), response(404, gone)};
    const auto repeated = perform(operation::remove);
    advance(1s);
    EXPECT_TRUE(repeated->succeeded());
    service->script = {response(404, gone)};
    const auto first = perform(operation::remove);
    ASSERT_TRUE(first->failure);
    EXPECT_EQ(first->failure->code(), condition::not_found);
    EXPECT_EQ(first->failure->service_code(), "SESSION_NOT_FOUND");
}

TEST_F(call_test, updates_are_not_retried_when_that_is_turned_off)
{
    service->otherwise = hang_up();
    call_options careful;
    careful.retry.emplace();
    careful.retry->retry_updates = false;
    const auto call = perform(operation::update, careful);
    EXPECT_TRUE(call->failed_with(errc::no_response));
    EXPECT_EQ(service->requests.size(), 1U);
}

TEST_F(call_test, retry_after_is_waited_for_in_full)
{
    service->script = {refuse(429, "RATE_LIMIT_EXCEEDED", "Retry-After: 7\r\n"), response_session(201)};
    const auto call = perform(operation::create);
    advance(7s - 1ns);
    EXPECT_EQ(service->requests.size(), 1U);
    advance(1s);
    EXPECT_TRUE(call->succeeded());
}

TEST_F(call_test, a_retry_after_beyond_the_deadline_fails_at_once)
{
    service->script = {refuse(429, "RATE_LIMIT_EXCEEDED", "Retry-After: 60\r\n")};
    const auto call = perform(operation::get);
    ASSERT_TRUE(call->failure);
    EXPECT_EQ(call->failure->code(), condition::rate_limited);
    EXPECT_EQ(call->failure->retry_after(), 60s);
    EXPECT_EQ(call->failure->ended_because(), end_reason::deadline);
    const auto next = perform(operation::get);
    EXPECT_TRUE(next->failed_with(errc::rate_limited)) << "the gate is closed for others too";
    EXPECT_EQ(next->failure->outcome(), outcome::not_sent);
    EXPECT_EQ(service->requests.size(), 1U);
}

TEST_F(call_test, nothing_is_sent_before_the_window_opens)
{
    service->script = {response(200,
                                R"({"success":true,"data":{"sessionId":")" + scripted_session_id().to_string() +
                                    R"(","defaults":{},"expiresAt":1795463232897}})",
                                "RateLimit-Remaining: 0\r\nRateLimit-Reset: 9\r\n")};
    service->otherwise = response_session();
    EXPECT_TRUE(perform(operation::get)->succeeded());
    const auto waiting = start(operation::get);
    const auto cancelled = perform(operation::get);
    advance(9s - 1ns);
    EXPECT_EQ(service->requests.size(), 1U);
    cancelled->cancel.emit(boost::asio::cancellation_type::terminal);
    run();
    ASSERT_TRUE(cancelled->failed_with(boost::asio::error::operation_aborted));
    EXPECT_EQ(cancelled->failure->outcome(), outcome::not_sent);
    advance(1s);
    EXPECT_TRUE(waiting->succeeded());
}

TEST_F(call_test, a_call_waiting_for_a_connection_when_the_gate_closes_waits_for_the_gate)
{
    options.pool.max_connections = 1;
    service->script = {refuse(429, "RATE_LIMIT_EXCEEDED", "Retry-After: 9\r\n")};
    service->otherwise = response_session();
    std::vector<std::shared_ptr<started_call>> calls;
    for (int i = 0; i < 5; ++i) {
        calls.push_back(start(operation::get));
    }
    run();
    EXPECT_EQ(service->requests.size(), 1U) << "sent although the gate is closed";
    advance(9s - 1ns);
    EXPECT_EQ(service->requests.size(), 1U);
    for (int i = 0; i < 20; ++i) {
        advance(100ms);
    }
    for (const auto& each : calls) {
        EXPECT_TRUE(each->succeeded());
    }
}

TEST_F(call_test, a_daily_quota_is_not_waited_for)
{
    service->script = {response(429, R"({"success":false,"error":{"code":"DAILY_QUOTA_EXCEEDED","message":"m",
        "details":{"resetAt":"2026-11-24T00:00:00.000Z","limit":3}}})",
                                "RateLimit-Reset: 50\r\nDate: Mon, 23 Nov 2026 23:58:30 GMT\r\n")};
    service->otherwise = response_session();
    const auto call = perform(operation::get);
    ASSERT_TRUE(call->failure);
    EXPECT_EQ(call->failure->service_code(), "DAILY_QUOTA_EXCEEDED");
    EXPECT_EQ(call->failure->retry_after(), 90s);
    EXPECT_EQ(call->failure->outcome(), outcome::not_applied);
    // Nothing of that category is sent before the quota is renewed. (`RateLimit-Reset` is about the address.)
    const auto next = perform(operation::get);
    ASSERT_TRUE(next->failure);
    EXPECT_EQ(next->failure->code(), errc::quota_exhausted);
    EXPECT_EQ(next->failure->outcome(), outcome::not_sent);
    EXPECT_EQ(service->requests.size(), 1U);
    advance(91s);
    EXPECT_TRUE(perform(operation::get)->succeeded());
}

TEST_F(call_test, after_its_deadline_nothing_is_sent)
{
    service->otherwise = response_session(201);
    EXPECT_TRUE(perform(operation::create)->succeeded());
    call_options late;
    late.deadline = clock->now() - 1s;
    const auto call = perform(operation::create, late);
    ASSERT_TRUE(call->failed_with(errc::deadline_exceeded));
    EXPECT_EQ(call->failure->outcome(), outcome::not_sent);
    EXPECT_EQ(service->requests.size(), 1U);
}

TEST_F(call_test, a_key_that_is_provided_after_the_deadline_is_not_used)
{
    options.api_key_provider = [this] {
        clock->advance(1min);
        return secret{"late"};
    };
    const auto call = perform(operation::create);
    ASSERT_TRUE(call->failed_with(errc::deadline_exceeded));
    EXPECT_EQ(call->failure->outcome(), outcome::not_sent);
    EXPECT_TRUE(service->requests.empty());
}

TEST_F(call_test, a_provider_that_cancels_the_call_does_not_hide_what_was_done)
{
    std::shared_ptr<started_call> call;
    int asked = 0;
    options.api_key_provider = [&] {
        if (++asked == 2) {
            call->cancel.emit(boost::asio::cancellation_type::terminal);
        }
        return secret{"key"};
    };
    service->script = {hang_up()};
    service->otherwise = response_session();
    call = perform(operation::update);
    advance(1s);
    ASSERT_TRUE(call->failed_with(boost::asio::error::operation_aborted));
    EXPECT_EQ(call->failure->outcome(), outcome::unknown);
    EXPECT_EQ(service->requests.size(), 1U);
}

TEST_F(call_test, a_provider_that_cancels_the_call_and_throws_does_not_hide_it_either)
{
    std::shared_ptr<started_call> call;
    int asked = 0;
    options.api_key_provider = [&]() -> secret {
        if (++asked == 2) {
            call->cancel.emit(boost::asio::cancellation_type::terminal);
            throw std::runtime_error{"no key"};
        }
        return secret{"key"};
    };
    service->script = {hang_up()};
    call = perform(operation::update);
    advance(1s);
    ASSERT_TRUE(call->failed_with(errc::callback_failed));
    EXPECT_EQ(call->failure->outcome(), outcome::unknown);
}

TEST_F(call_test, a_call_cancelled_just_before_its_replay_does_not_hide_what_was_done)
{
    struct cancels final : observer {
        void on_retry(const retry_event&) override { call->cancel.emit(boost::asio::cancellation_type::terminal); }
        std::shared_ptr<started_call> call;
    };
    const auto watching = std::make_shared<cancels>();
    options.observer = watching;
    service->script = {response_session(), hang_up()};
    service->otherwise = response_session();
    EXPECT_TRUE(perform(operation::get)->succeeded());
    watching->call = start(operation::update);
    run();
    const auto call = std::exchange(watching->call, nullptr);
    ASSERT_TRUE(call->failed_with(boost::asio::error::operation_aborted));
    EXPECT_EQ(call->failure->outcome(), outcome::unknown);
    EXPECT_EQ(call->failure->attempts().size(), 1U);
    EXPECT_EQ(service->requests.size(), 2U);
}

/// A response that is sent as it is, and the end of the connection.
scripted_service::reaction raw(std::string bytes, boost::system::error_code end = boost::asio::error::eof)
{
    return [bytes = std::move(bytes), end](scripted_peer& peer, const std::string&) {
        peer.send(bytes);
        peer.end(end);
    };
}

TEST_F(call_test, a_bare_408_proves_nothing_once_the_request_was_accepted_or_if_it_may_be_incomplete)
{
    const std::string refusal = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n";
    const std::string interim = "HTTP/1.1 102 Processing\r\n\r\n";
    const std::string hints = "HTTP/1.1 103 Early Hints\r\n\r\n";
    for (const auto& reaction :
         {raw(interim + refusal), raw(hints + refusal), raw(refusal, boost::asio::error::connection_reset)}) {
        service->requests.clear();
        service->script = {reaction};
        service->otherwise = response_session(201);
        const auto call = perform(operation::create);
        advance(2s);
        ASSERT_TRUE(call->failure);
        EXPECT_EQ(call->failure->outcome(), outcome::unknown) << call->failure->what();
        EXPECT_EQ(service->requests.size(), 1U);
    }
    service->script = {raw("HTTP/1.1 100 Continue\r\n\r\n" + refusal)};
    const auto call = perform(operation::create);
    advance(2s);
    EXPECT_TRUE(call->succeeded()) << call->failure->what();
}

TEST_F(call_test, only_a_404_or_a_410_says_that_a_session_is_gone)
{
    for (const unsigned status : {401U, 500U}) {
        service->script = {hang_up(), refuse(status, "SESSION_NOT_FOUND")};
        const auto call = perform(operation::remove);
        advance(2s);
        EXPECT_FALSE(call->succeeded()) << status;
        EXPECT_FALSE(client->state()->sessions.is_gone(scripted_session_id(), client->state()->boot_now())) << status;
    }
    service->script = {hang_up(), refuse(410, "SESSION_NOT_FOUND")};
    const auto call = perform(operation::remove);
    advance(2s);
    EXPECT_TRUE(call->succeeded()) << call->failure->what();
}

TEST_F(call_test, the_code_of_the_service_is_named_even_without_a_message)
{
    for (const char* message : {"null", R"("403 sessions at most")"}) {
        service->script = {response(403, R"({"success":false,"error":{"code":"TIER_ACCESS_DENIED","message":)" +
                                             std::string{message} + "}}")};
        const auto call = perform(operation::get);
        ASSERT_TRUE(call->failure);
        EXPECT_NE(std::string{call->failure->what()}.find("403 TIER_ACCESS_DENIED: "), std::string::npos)
            << call->failure->what();
    }
}

TEST_F(call_test, of_two_retry_after_fields_the_longer_counts)
{
    options.retry.max_attempts = 1;
    service->script = {response(429, "{}", "Retry-After: 5\r\nRetry-After: 0\r\n"),
                       response(429, "{}", "Retry-After: 0\r\nRetry-After: 5\r\n"),
                       response(429, "{}", "Retry-After: 5\r\nRetry-After:\r\n")};
    for (const char* const joined : {"5, 5", "0, 5", "abc", "0, abc"}) {
        service->script.push_back(
            response(429, "{}", "Retry-After: " + std::string{joined} + "\r\nRetry-After: 5\r\n"));
    }
    service->script.push_back(response(429, "{}",
                                       "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: 1\r\n"
                                       "Retry-After: Sun, 06 Nov 1994 08:49:42 GMT\r\n"));
    service->script.push_back(response(429, R"({"success":false,"error":{"code":"RATE_LIMIT_EXCEEDED","message":"m",)"
                                            R"("details":{"retryAfter":5}}})"));
    for (std::size_t i = service->script.size(); i-- > 0;) {
        const auto call = perform(operation::get);
        ASSERT_TRUE(call->failure);
        EXPECT_EQ(call->failure->retry_after(), 5s) << i;
        advance(1min);
    }
}

TEST_F(call_test, a_key_that_looks_escaped_is_masked_in_every_spelling)
{
    options.api_key = secret{"abcd1234%3D/x"};
    options.retry.max_attempts = 1;
    open();
    for (const char* echo : {"abcd1234%3D/x", "abcd1234%253D%2Fx", R"(abcd1234%3D\/x)", "ABCD1234%3D%2Fx",
                             "abcd1234%3D&#47;x", "abcd1234%3D&#047;x", R"(abcd1234\\u00253D/x)"}) {
        service->script = {
            response(400, R"({"success":false,"error":{"code":"X","message":")" + std::string{echo} + R"("}})")};
        const auto call = perform(operation::get);
        ASSERT_TRUE(call->failure);
        EXPECT_NE(std::string{call->failure->what()}.find("[secret]"), std::string::npos) << call->failure->what();
    }
}

TEST_F(call_test, secrets_are_masked_however_they_are_repeated)
{
    options.api_key = secret{"sk_test_abcdef"};
    open();
    session_defaults defaults;
    defaults.default_viewing_key = secret{"0xdeadbeef12"};
    for (const char* echo : {"bad point deadbeef12", "bad key 0xdeadbeef12", "bad key 0Xdeadbeef12", "DEADBEEF12",
                             "%64eadbeef12", "&#x64;eadbeef12", "&#68;eadbeef12"}) {
        service->script = {
            refuse(400, "sk_test_abcdef", "X-Request-ID: sk_test_abcdef\r\n"),
            response(400, R"({"success":false,"error":{"code":"X","message":")" + std::string{echo} + R"("}})")};
        for (int i = 0; i < 2; ++i) {
            const auto call = launch(detail::create_session(client->state(), defaults, {}, {}));
            run();
            ASSERT_TRUE(call->failure);
            const std::string what = call->failure->what();
            EXPECT_EQ(what.find("sk_test"), std::string::npos) << what;
            EXPECT_EQ(what.find("eadbeef"), std::string::npos) << what;
            EXPECT_EQ(what.find("EADBEEF"), std::string::npos) << what;
        }
    }
}

/// Calls of a key whose daily quota is known: ten requests on sessions.
class quota_count : public call_test {
protected:
    void know_quota()
    {
        open();
        detail::day_limits::account account;
        account.limit = account.remaining = 10;
        account.renewed_in = 4h;
        client->state()->day.learn(detail::quota_category::session, account, clock->now());
    }

    [[nodiscard]] unsigned left() const
    {
        return client->state()->day.find(detail::quota_category::session)->balance_at(clock->now()).remaining;
    }
};

TEST_F(quota_count, does_not_include_a_request_whose_key_was_not_provided)
{
    options.api_key_provider = []() -> secret { throw std::runtime_error{"no key"}; };
    know_quota();
    EXPECT_TRUE(perform(operation::get)->failed_with(errc::callback_failed));
    EXPECT_EQ(left(), 10U);
}

TEST_F(call_test, a_refusal_of_a_head_request_has_no_details)
{
    options.retry.max_attempts = 1;
    open();
    service->script = {response(429, "", "Content-Type: application/json\r\n")};
    std::optional<result<boost::json::value>> got;
    const auto head = [&]() -> boost::asio::awaitable<void> {
        detail::outgoing_request wanted{verb::head, "/v1/health", std::nullopt, {}};
        got = co_await as_result(detail::request(client->state(), std::move(wanted)));
    };
    boost::asio::co_spawn(*context, head, boost::asio::detached);
    run();
    ASSERT_TRUE(got && !*got);
    EXPECT_EQ(got->error().status(), 429U);
}

TEST_F(quota_count, is_used_up_once_the_service_says_so)
{
    options.daily_quota.reserve = 0;
    know_quota();
    service->script = {response(429,
                                R"({"success":false,"error":{"code":"DAILY_QUOTA_EXCEEDED","message":"m",)"
                                R"("details":{"category":"session","limit":10}}})",
                                "Retry-After: 1\r\n")};
    EXPECT_TRUE(perform(operation::get)->failure);
    EXPECT_EQ(left(), 0U);
    EXPECT_TRUE(perform(operation::get)->failed_with(errc::quota_exhausted)) << "beyond its `Retry-After`";
}

TEST_F(quota_count, keeps_what_may_have_been_applied_when_the_next_attempt_sends_nothing)
{
    options.retry.max_attempts = 2;
    service->script = {response(504, "", "Connection: close\r\n")};
    service->admit = [](std::size_t number) {
        return number == 1 ? boost::system::error_code{} : make_error_code(errc::connect_failed);
    };
    know_quota();
    const auto call = perform(operation::get);
    advance(2s);
    ASSERT_TRUE(call->failed_with(errc::connect_failed));
    EXPECT_EQ(call->failure->outcome(), outcome::unknown);
    EXPECT_EQ(left(), 9U);
}

TEST_F(call_test, a_call_that_begins_to_wait_while_the_client_closes_is_ended_at_once)
{
    open();
    detail::client_state& state = *client->state();
    rate_limit_state used_up;
    used_up.limit = 100;
    used_up.remaining = 0;
    used_up.reset = used_up.window = 60s;
    detail::rate_gate_core::lesson lesson;
    lesson.policies.emplace_back().state = used_up;
    lesson.sent = clock->now();
    state.gate->learn(lesson, clock->now());
    state.gate->refuse_waiting();
    state.pool->refuse_waiting();
    service->hold_connects = true;
    for (const bool cleans_up : {false, true}) {
        std::optional<boost::system::error_code> at_gate;
        std::optional<boost::system::error_code> in_pool;
        detail::gate_request turn;
        turn.cleans_up = cleans_up;
        detail::pool_request connection;
        connection.cleans_up = cleans_up;
        state.gate->async_wait(turn, [&](const detail::gate_result& result) { at_gate = result.code; });
        state.pool->async_acquire(connection, [&](const detail::acquire_result& result) { in_pool = result.code; });
        run();
        EXPECT_EQ(at_gate.has_value(), !cleans_up);
        EXPECT_EQ(in_pool.has_value(), !cleans_up);
        state.gate->refuse_waiting();
        state.pool->refuse_waiting();
        run();
        EXPECT_EQ(at_gate, errc::client_closed);
        EXPECT_EQ(in_pool, errc::client_closed);
    }
    service->finish_connects();
}

TEST_F(call_test, calls_that_fail_at_once_let_others_run)
{
    open();
    client->state()->begin_closing();
    int failed = 0;
    bool stopped = false;
    const auto never_pauses = [&]() -> boost::asio::awaitable<void> {
        while (!stopped && failed < 1000) {
            const auto got =
                co_await as_result(detail::get_session(client->state(), scripted_session_id(), call_options{}));
            failed += got ? 0 : 1;
        }
    };
    boost::asio::co_spawn(*context, never_pauses, boost::asio::detached);
    boost::asio::post(*context, [&] { stopped = true; });
    run();
    EXPECT_TRUE(stopped);
    EXPECT_LE(failed, 2);
}

TEST_F(call_test, an_outage_causes_no_retry_storm)
{
    service->admit = [](std::size_t) { return errc::connect_failed; };
    constexpr std::size_t calls = 1000;
    std::vector<std::shared_ptr<started_call>> started;
    for (std::size_t i = 0; i < calls; ++i) {
        started.push_back(start(operation::get));
    }
    run();
    for (int i = 0; i < 100; ++i) {
        advance(100ms);
    }
    std::size_t out_of_budget = 0;
    for (const auto& each : started) {
        ASSERT_TRUE(each->failed_with(errc::connect_failed));
        out_of_budget += each->failure->ended_because() == end_reason::budget_exhausted ? 1 : 0;
    }
    EXPECT_LE(service->connects, calls + 10);
    EXPECT_GE(out_of_budget, calls - 10);
}

TEST_F(call_test, after_an_outage_the_first_call_that_is_tried_again_succeeds)
{
    service->otherwise = hang_up();
    const auto call = perform(operation::get);
    EXPECT_EQ(call->completions, 0);
    service->otherwise = response_session();
    advance(100ms);
    EXPECT_TRUE(call->succeeded()) << "within the bound of the first wait";
}

TEST_F(call_test, lost_requests_cause_no_retry_storm)
{
    service->otherwise = hang_up();
    constexpr std::size_t calls = 1000;
    std::vector<std::shared_ptr<started_call>> started;
    for (std::size_t i = 0; i < calls; ++i) {
        started.push_back(start(operation::get));
    }
    for (int i = 0; i < 100; ++i) {
        advance(100ms);
    }
    for (const auto& each : started) {
        EXPECT_TRUE(each->failed_with(errc::no_response));
    }
    EXPECT_LE(service->requests.size(), calls + 10);
}

TEST_F(call_test, no_attempt_begins_that_cannot_end_in_time)
{
    service->otherwise = hang_up();
    call_options brief;
    brief.total_timeout = 60ms;
    brief.retry.emplace();
    brief.retry->base_delay = 100s;
    brief.retry->max_delay = 100s;
    const auto call = perform(operation::get, brief);
    ASSERT_TRUE(call->failed_with(errc::no_response));
    EXPECT_EQ(call->failure->ended_because(), end_reason::deadline);
}

TEST_F(call_test, the_total_timeout_ends_every_phase)
{
    call_options brief;
    brief.total_timeout = 1s;
    service->hold_connects = true;
    const auto connecting = perform(operation::get, brief);
    advance(1s - 1ns);
    EXPECT_EQ(connecting->completions, 0);
    advance(1ns);
    ASSERT_TRUE(connecting->failed_with(errc::deadline_exceeded));
    EXPECT_EQ(connecting->failure->outcome(), outcome::not_sent);
    EXPECT_NE(std::string{connecting->failure->what()}.find("the call's time ran out while connecting to"),
              std::string::npos)
        << connecting->failure->what();
    service->finish_connects();
    service->otherwise = silence();
    const auto reading = perform(operation::get, brief);
    advance(1s);
    ASSERT_TRUE(reading->failed_with(errc::deadline_exceeded));
    EXPECT_EQ(reading->failure->outcome(), outcome::unknown);
    EXPECT_EQ(busy(), 0U);
}

TEST_F(call_test, an_attempt_that_hangs_is_followed_by_another)
{
    service->script = {silence(), response_session()};
    const auto call = perform(operation::get);
    advance(10s);
    advance(1s);
    EXPECT_TRUE(call->succeeded());
    EXPECT_EQ(service->connects, 2U);
}

TEST_F(call_test, a_pool_timeout_tells_the_last_failure_to_connect)
{
    options.pool.max_connections = 1;
    service->otherwise = silence();
    const auto first = perform(operation::get);
    call_options brief;
    brief.total_timeout = 1s;
    const auto second = perform(operation::get, brief);
    advance(1s);
    ASSERT_TRUE(second->failed_with(errc::pool_timeout));
    EXPECT_EQ(second->failure->outcome(), outcome::not_sent);
    EXPECT_EQ(first->completions, 0);
}

TEST_F(call_test, a_get_uses_what_is_idle_while_a_create_waits_for_a_new_connection)
{
    service->otherwise = response_session();
    ASSERT_TRUE(perform(operation::get)->succeeded());
    advance(3s);
    service->hold_connects = true;
    const auto waiting = perform(operation::create);
    EXPECT_EQ(waiting->completions, 0) << "the idle connection is too old for it";
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(perform(operation::get)->succeeded()) << i;
        if (waiting->completions != 0) {
            break;
        }
    }
    run();
    EXPECT_TRUE(waiting->succeeded()) << "a connection that was just used is good for it";
    service->finish_connects();
}

/// A peer that does not say how long it keeps connections.
class without_hint : public call_test {
protected:
    without_hint()
    {
        service->otherwise = [](scripted_peer& peer, const std::string&) {
            const std::string body = R"({"success":true,"data":{"sessionId":")" + scripted_session_id().to_string() +
                                     R"(","defaults":{},"createdAt":1795459632897,"expiresAt":1795463232897}})";
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        };
    }

    /// Until a connection may be idle for 32 s.
    void learn()
    {
        for (int i = 0; i < 4; ++i) {
            EXPECT_TRUE(perform(operation::get)->succeeded());
            advance(30s);
        }
    }

    [[nodiscard]] client_stats stats() const { return client->state()->pool->stats(); }
};

TEST_F(without_hint, calls_half_a_minute_apart_come_to_share_a_connection)
{
    learn();
    EXPECT_EQ(service->connects, 4U) << "for 4, 8, 16 and 32 s";
    learn();
    EXPECT_EQ(service->connects, 4U);
}

TEST_F(without_hint, where_the_peer_closed_an_idle_connection_the_next_ends_before)
{
    EXPECT_TRUE(perform(operation::get)->succeeded());
    advance(3s);
    service->peers.back()->end(boost::asio::error::eof);
    run();
    EXPECT_EQ(stats().closed_by_peer, 1U);
    EXPECT_TRUE(perform(operation::get)->succeeded());
    advance(2s);
    EXPECT_EQ(stats().closed_expired, 1U);
}

TEST_F(without_hint, connections_forgotten_on_the_way_cost_one_call_its_time)
{
    options.timeouts.attempt = 1s;
    options.retry.base_delay = 0ms;
    learn();
    const auto both = {start(operation::get), start(operation::get)};
    run();
    ASSERT_EQ(stats().idle, 2U);
    advance(29s);
    service->script = {silence()};
    const std::size_t connects = service->connects;
    const auto call = perform(operation::get);
    advance(1s);
    EXPECT_TRUE(call->succeeded());
    EXPECT_EQ(service->connects, connects + 1) << "the other one, as old, was not tried";
    advance(14'500ms);
    EXPECT_EQ(stats().idle, 0U) << "half of the time after which it was dead";
}

TEST_F(without_hint, a_slow_service_is_not_a_dead_connection)
{
    options.timeouts.attempt = 1s;
    options.retry.max_attempts = 1;
    const auto both = {start(operation::get), start(operation::get)};
    run();
    advance(2500ms);
    service->script = {silence()};
    const auto call = perform(operation::get);
    advance(1s);
    EXPECT_TRUE(call->failed_with(errc::attempt_timeout));
    EXPECT_EQ(stats().idle, 1U) << "the other one is kept";
}

TEST_F(call_test, a_connection_whose_call_ran_out_of_time_ends_with_the_idle_limit)
{
    options.timeouts.total = 1s;
    service->hold_connects = true;
    const auto call = perform(operation::get);
    advance(1s);
    ASSERT_TRUE(call->failed_with(errc::deadline_exceeded));
    service->finish_connects();
    run();
    EXPECT_EQ(client->state()->pool->stats().idle, 1U);
    advance(3999ms);
    EXPECT_EQ(client->state()->pool->stats().idle, 1U);
    advance(1ms);
    EXPECT_EQ(client->state()->pool->stats().idle, 0U);
    EXPECT_TRUE(context->stopped()) << "nothing is left to wait for";
}

TEST_F(call_test, a_connection_that_outlives_its_requester_serves_the_next_call)
{
    service->hold_connects = true;
    service->otherwise = response_session();
    const auto cancelled = perform(operation::get);
    cancelled->cancel.emit(boost::asio::cancellation_type::terminal);
    run();
    EXPECT_TRUE(cancelled->failed_with(boost::asio::error::operation_aborted));
    service->finish_connects();
    run();
    EXPECT_TRUE(perform(operation::get)->succeeded());
    EXPECT_EQ(service->connects, 1U);
}

TEST_F(call_test, a_connection_granted_to_a_cancelled_call_is_not_lost)
{
    service->hold_connects = true;
    service->otherwise = response_session();
    const auto call = perform(operation::create);
    service->finish_connects();
    // It runs after the connection was granted and before the call hears of it.
    boost::asio::post(*context, [&] { call->cancel.emit(boost::asio::cancellation_type::terminal); });
    run();
    EXPECT_TRUE(call->failed_with(boost::asio::error::operation_aborted));
    EXPECT_TRUE(service->requests.empty());
    EXPECT_TRUE(perform(operation::get)->succeeded());
    EXPECT_EQ(service->connects, 1U);
}

TEST_F(call_test, unreadable_successes_say_what_was_applied)
{
    service->script = {response(201, R"({"success":true,"data":{}})", "Location: /v1/sessions/x\r\n")};
    const auto create = perform(operation::create);
    ASSERT_TRUE(create->failed_with(errc::bad_payload));
    EXPECT_EQ(create->failure->outcome(), outcome::applied_result_lost);
    EXPECT_EQ(create->failure->location(), "/v1/sessions/x");
    service->script = {response(200, R"({"success":true,"data":{"sessionId":"x"}})")};
    const auto get = perform(operation::get);
    ASSERT_TRUE(get->failed_with(errc::bad_payload));
    EXPECT_NE(get->failure->message().find("data.sessionId"), std::string::npos);
    EXPECT_EQ(service->connects, 1U) << "the framing was fine, so the connection is";
}

TEST_F(call_test, closing_the_client_completes_what_waits_and_what_is_under_way)
{
    options.pool.max_connections = 1;
    service->otherwise = silence();
    const auto reading = start(operation::get);
    const auto waiting = perform(operation::create);
    client.reset();
    run();
    ASSERT_TRUE(reading->failed_with(errc::client_closed));
    EXPECT_EQ(reading->failure->outcome(), outcome::unknown);
    ASSERT_TRUE(waiting->failed_with(errc::client_closed));
    EXPECT_EQ(waiting->failure->outcome(), outcome::not_sent);
}

TEST_F(call_test, closing_the_client_ends_a_wait_between_attempts)
{
    service->otherwise = hang_up();
    const auto call = perform(operation::get);
    client.reset();
    run();
    ASSERT_TRUE(call->failed_with(errc::client_closed));
    EXPECT_EQ(call->failure->attempts().size(), 1U);
    EXPECT_EQ(call->failure->outcome(), outcome::unknown);
}

} // namespace
} // namespace sipher::test
