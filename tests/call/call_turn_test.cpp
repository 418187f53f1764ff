// Calls that wait for the rate limit: who goes first, who does not wait at all, and what can be seen of them.
#include "support/client_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr std::chrono::milliseconds window = 60s;

class call_order : public client_test {
protected:
    struct waiting {
        std::optional<error> failure;
        bool done = false;
        asio::cancellation_signal cancel;
    };

    call_order()
    {
        sandbox_options.rate_limit = 4;
        options.timeouts.total = 30min;
        options.jitter_seed = 1;
        // One at a time, so that the ledger has them in the order in which they were let go.
        options.pool.max_connections = 1;
    }

    /// All that is allowed in this window leaves.
    void use_up()
    {
        for (unsigned i = 0; i < sandbox_options.rate_limit; ++i) {
            EXPECT_EQ(failure_of(client().get_session(nobodys)).status(), 404U);
        }
        new_requests();
    }

    /// @param held As of `settle`.
    waiting& begin(std::string name, call_options with = {}, std::size_t held = 0)
    {
        waiting& made = calls.emplace_back();
        with.request_id = std::move(name);
        asio::co_spawn(context, client().get_session(nobodys, std::move(with)),
                       asio::bind_cancellation_slot(made.cancel.slot(), [&made](std::exception_ptr failed, session) {
                           made.failure = error_of(failed);
                           made.done = true;
                       }));
        settle(held);
        return made;
    }

    waiting& begin(std::string name, call_priority how_urgent, std::string key)
    {
        call_options with;
        with.priority = how_urgent;
        with.fairness_key = std::move(key);
        return begin(std::move(name), std::move(with));
    }

    /// Until nobody waits: who went, in order.
    std::vector<std::string> let_all_go()
    {
        const std::size_t before = sandbox().ledger().size();
        for (int i = 0; i < 1000 && client().stats().rate_gate.waiting != 0; ++i) {
            clock->advance(500ms);
            settle();
        }
        std::vector<std::string> gone;
        for (const auto& entry : sandbox().ledger()) {
            gone.push_back(entry.request_id);
        }
        gone.erase(gone.begin(), gone.begin() + static_cast<std::ptrdiff_t>(before));
        return gone;
    }

    const session_id nobodys{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
    std::deque<waiting> calls;
};

TEST_F(call_order, interactive_calls_go_first)
{
    use_up();
    begin("background", call_priority::background, "");
    begin("normal", call_priority::normal, "");
    begin("interactive", call_priority::interactive, "");
    EXPECT_EQ(new_requests(), 0U);
    EXPECT_EQ(let_all_go(), (std::vector<std::string>{"interactive", "normal", "background"}));
}

TEST_F(call_order, agents_take_turns)
{
    use_up();
    for (const char* const name : {"greedy1", "greedy2", "greedy3"}) {
        begin(name, call_priority::normal, "greedy");
    }
    begin("modest", call_priority::normal, "modest");
    EXPECT_EQ(let_all_go(), (std::vector<std::string>{"greedy1", "modest", "greedy2", "greedy3"}));
}

TEST_F(call_order, without_a_key_the_session_is_the_key)
{
    use_up();
    begin("1");
    begin("2");
    const session_id other{"sess_ffffe7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
    call_options with;
    with.request_id = "other";
    asio::co_spawn(context, client().get_session(other, with), asio::detached);
    settle();
    EXPECT_EQ(let_all_go(), (std::vector<std::string>{"1", "other", "2"}));
}

TEST_F(call_order, stats_show_waiting_calls)
{
    EXPECT_EQ(client().stats().rate_gate.closed_for, 0ns);
    use_up();
    begin("1");
    clock->advance(5s);
    begin("2");
    const rate_gate_stats seen = client().stats().rate_gate;
    EXPECT_EQ(seen.waiting, 2U);
    EXPECT_EQ(seen.longest_wait, 5s);
    EXPECT_EQ(seen.closed_for, window - 5s);
    EXPECT_EQ(seen.remaining, 0U);
    EXPECT_EQ(client().stats().waiting, 0U) << "nobody waits for a connection";
    let_all_go();
}

TEST_F(call_order, a_call_that_would_miss_its_deadline_fails_at_once)
{
    use_up();
    call_options hasty;
    hasty.total_timeout = 59s;
    const waiting& late = begin("hasty", hasty);
    ASSERT_TRUE(late.failure);
    EXPECT_EQ(late.failure->code(), errc::rate_limited);
    EXPECT_EQ(late.failure->retry_after(), window);
    EXPECT_EQ(late.failure->outcome(), outcome::not_sent);
    // The second one's slot begins 15 s after the window.
    begin("first");
    hasty.total_timeout = window + 14s;
    EXPECT_TRUE(begin("second", hasty).failure);
    hasty.priority = call_priority::interactive;
    EXPECT_FALSE(begin("urgent", hasty).failure);
    EXPECT_EQ(let_all_go(), (std::vector<std::string>{"urgent", "first"}));
}

TEST_F(call_order, a_queue_timeout_is_apart_from_the_total_one)
{
    options.timeouts.total = 10s;
    use_up();
    call_options patient;
    patient.queue_timeout = 90s;
    EXPECT_FALSE(begin("patient", patient).failure);
    patient.queue_timeout = 30s;
    const waiting& hasty = begin("hasty", patient);
    ASSERT_TRUE(hasty.failure);
    EXPECT_EQ(hasty.failure->code(), errc::rate_limited);
    EXPECT_NE(hasty.failure->message().find("queue timeout"), std::string::npos) << hasty.failure->message();
    patient.queue_timeout = 0ms;
    const waiting& endless = begin("endless", patient);
    EXPECT_FALSE(endless.failure) << endless.failure->what();
    EXPECT_EQ(let_all_go(), (std::vector<std::string>{"patient", "endless"}));
}

TEST_F(call_order, after_the_queue_the_total_timeout_is_left)
{
    options.timeouts.total = 10s;
    options.timeouts.attempt = 0s;
    options.timeouts.queue = 0ms;
    use_up();
    const waiting& slow = begin("slow");
    sandbox().add_fault(sipher::testing::fault::silence());
    const auto requests_before = sandbox().counters().requests;
    for (int i = 0; i < 1000 && client().stats().rate_gate.waiting != 0; ++i) {
        clock->advance(500ms);
        settle(1);
    }
    // Were it still on its way, the time that follows could end its connection instead of the call.
    run_until(context, [&] { return sandbox().counters().requests != requests_before; });
    EXPECT_FALSE(slow.done);
    clock->advance(9s);
    settle(1);
    EXPECT_FALSE(slow.done) << "the wait counted";
    clock->advance(1500ms);
    settle();
    ASSERT_TRUE(slow.failure);
    EXPECT_EQ(slow.failure->code(), condition::timeout);
}

TEST_F(call_order, a_queue_timeout_is_for_the_wait_after_a_refusal_too)
{
    sandbox_options.rate_limit = 0;
    options.timeouts.total = 10s;
    options.timeouts.queue = 30s;
    sandbox().add_fault(sipher::testing::fault::respond(429, "", {{"Retry-After", "20"}}));
    const waiting& refused = begin("refused");
    EXPECT_FALSE(refused.done);
    clock->advance(25s);
    settle();
    ASSERT_TRUE(refused.failure);
    EXPECT_EQ(refused.failure->status(), 404U) << refused.failure->what();
    sandbox().add_fault(sipher::testing::fault::respond(429, "", {{"Retry-After", "40"}}));
    EXPECT_EQ(begin("again").failure->status(), 429U);
}

TEST_F(call_order, a_queue_timeout_is_for_a_connection_too)
{
    sandbox_options.rate_limit = 0;
    options.timeouts.total = 10s;
    options.timeouts.attempt = 60s;
    call_options slow;
    slow.total_timeout = 60s;
    sandbox().add_fault(sipher::testing::fault::silence());
    asio::co_spawn(context, client().get_session(nobodys, slow), asio::detached);
    settle(1);
    call_options waits;
    waits.queue_timeout = 5s;
    const waiting& hasty = begin("hasty", waits, 1);
    waits.queue_timeout = 0ms;
    const waiting& patient = begin("patient", waits, 1);
    clock->advance(5s);
    settle(1);
    ASSERT_TRUE(hasty.failure);
    EXPECT_EQ(hasty.failure->code(), errc::pool_timeout);
    clock->advance(40s);
    settle(1);
    EXPECT_FALSE(patient.done);
    clock->advance(15s);
    settle();
    ASSERT_TRUE(patient.failure);
    EXPECT_EQ(patient.failure->status(), 404U) << patient.failure->what();
}

TEST_F(call_order, a_cancelled_call_leaves_the_queue)
{
    use_up();
    waiting& cancelled = begin("1");
    cancelled.cancel.emit(asio::cancellation_type::terminal);
    settle();
    ASSERT_TRUE(cancelled.failure);
    EXPECT_EQ(cancelled.failure->code(), condition::cancelled);
    EXPECT_EQ(client().stats().rate_gate.waiting, 0U);
    begin("2");
    EXPECT_EQ(let_all_go(), (std::vector<std::string>{"2"}));
}

TEST_F(call_order, the_end_of_the_client_ends_the_wait)
{
    use_up();
    const waiting& one = begin("1");
    asio::co_spawn(context, client().shutdown(5s), asio::detached);
    settle();
    ASSERT_TRUE(one.failure);
    EXPECT_EQ(one.failure->code(), errc::client_closed);
    EXPECT_EQ(one.failure->outcome(), outcome::not_sent);
}

TEST_F(call_order, the_refusal_of_an_edge_closes_the_gate_for_its_retry_after_and_no_longer)
{
    options.retry.max_attempts = 1;
    sandbox().add_fault(sipher::testing::fault::raw_response(
        "HTTP/1.1 429 Too Many Requests\r\nServer: cloudflare\r\nRetry-After: 3\r\nRateLimit-Policy: 10;w=600\r\n"
        "RateLimit-Remaining: 0\r\nRateLimit-Reset: 600\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_EQ(failure_of(client().get_session(nobodys)).code(), condition::intermediary);
    EXPECT_EQ(client().stats().rate_gate.closed_for, 3s);
}

TEST_F(call_order, the_rate_limit_of_an_edge_is_not_the_services)
{
    options.retry.max_attempts = 1;
    sandbox().add_fault(sipher::testing::fault::raw_response(
        "HTTP/1.1 503 Service Unavailable\r\nServer: cloudflare\r\nRateLimit-Policy: 10;w=600\r\n"
        "RateLimit-Remaining: 0\r\nRateLimit-Reset: 600\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_EQ(failure_of(client().get_session(nobodys)).code(), condition::intermediary);
    EXPECT_EQ(client().stats().rate_gate.closed_for, 0s);
}

} // namespace
} // namespace sipher::test
