#include "http1/connection_fixture.hpp"
#include "support/exchange.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;

const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const boost::system::error_code broken_pipe = boost::asio::error::broken_pipe;

TEST_F(connection_test, carries_one_request_after_another)
{
    for (int i = 0; i < 3; ++i) {
        begin();
        EXPECT_EQ(peer->received(), sample_text);
        peer->received().clear();
        peer->send(response);
        run();
        ASSERT_TRUE(completed);
        EXPECT_TRUE(report().reusable);
        EXPECT_EQ(report().bytes_written, sample_text.size());
        EXPECT_EQ(body(), "ok");
    }
}

TEST_F(connection_test, what_has_arrived_unread_before_a_request_is_no_response_to_it)
{
    peer->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    begin();
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(report().code, errc::desynchronized);
    EXPECT_EQ(report().bytes_written, 0U);
    EXPECT_EQ(peer->received(), "");
    EXPECT_TRUE(peer->is_closed());
}

TEST_F(connection_test, a_connection_whose_end_has_arrived_unread_carries_no_request)
{
    peer->end(boost::asio::error::eof);
    begin();
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(report().code, errc::write_failed);
    EXPECT_EQ(report().bytes_written, 0U);
    EXPECT_EQ(peer->received(), "");
}

TEST_F(connection_test, a_response_of_http_1_0_is_the_last_unless_it_says_otherwise)
{
    for (const auto& [fields, reusable] : {std::pair{"", false}, std::pair{"Proxy-Connection: keep-alive\r\n", false},
                                           std::pair{"Connection: keep-alive\r\n", true}}) {
        connect();
        EXPECT_EQ(exchange("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n" + std::string{fields} + "\r\nok").reusable,
                  reusable)
            << fields;
    }
}

TEST_F(connection_test, without_memory_to_wait_a_complete_response_is_still_delivered)
{
    begin();
    run();
    peer->lack_memory_to_wait();
    peer->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    run();
    ASSERT_TRUE(completed);
    EXPECT_FALSE(report().code);
    EXPECT_EQ(body(), "ok");
    EXPECT_FALSE(connection->is_open());
}

TEST_F(connection_test, without_memory_to_wait_an_incomplete_response_fails_at_once)
{
    begin();
    run();
    peer->lack_memory_to_wait();
    peer->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(report().code, boost::system::errc::not_enough_memory);
    EXPECT_FALSE(connection->is_open());
}

TEST_F(connection_test, without_memory_to_watch_it_a_connection_is_closed)
{
    connection->close({}, true);
    peer = std::make_shared<scripted_peer>(context.get_executor());
    peer->lack_memory_to_wait();
    connection =
        std::make_shared<detail::connection>(context.get_executor(), detail::make_plain_channel(peer->make_stream()),
                                             "peer", std::make_shared<detail::parser_pool>(limit_options{}), timers);
    connection->open(owner);
    EXPECT_FALSE(connection->is_open());
    EXPECT_TRUE(peer->is_closed());
}

TEST_F(connection_test, a_write_that_fails_after_any_byte_tells_how_many_were_accepted)
{
    for (std::size_t accepted = 0; accepted < sample_text.size(); ++accepted) {
        connect();
        peer->accept_only(accepted, broken_pipe);
        begin();
        run();
        ASSERT_TRUE(completed);
        const auto& result = report();
        EXPECT_EQ(result.code, errc::write_failed);
        EXPECT_EQ(result.bytes_written, accepted);
        EXPECT_FALSE(result.fully_written);
        EXPECT_TRUE(peer->was_aborted()) << "what the kernel still holds must not arrive";
    }
}

TEST_F(connection_test, a_write_goes_on_when_the_kernel_takes_more)
{
    peer->accept_only(3);
    begin();
    run();
    EXPECT_EQ(peer->received().size(), 3U);
    peer->accept_only(4);
    run();
    EXPECT_EQ(peer->received().size(), 7U);
    peer->accept_only(1000);
    peer->send(response);
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(peer->received(), sample_text);
    EXPECT_TRUE(report().reusable);
}

TEST_F(connection_test, a_kernel_that_accepts_no_more_bytes_ends_the_exchange)
{
    detail::exchange_parameters how;
    how.write_timeout = 5s;
    how.deadline = clock->now() + 1min;
    peer->accept_only(3);
    begin(sample_request, how);
    run();
    clock->advance(4s);
    peer->accept_only(1);
    run();
    clock->advance(4999ms);
    run();
    EXPECT_FALSE(completed) << "it took a byte in between";
    clock->advance(1ms);
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(report().code, errc::write_failed);
    EXPECT_EQ(report().bytes_written, 4U);
    EXPECT_NE(report().message.find("timeouts.write"), std::string::npos);
    EXPECT_TRUE(peer->was_aborted());
}

TEST_F(connection_test, once_all_was_taken_only_the_deadline_counts)
{
    detail::exchange_parameters how;
    how.write_timeout = 5s;
    how.deadline = clock->now() + 1min;
    peer->accept_only(3);
    begin(sample_request, how);
    run();
    peer->accept_only(1000);
    run();
    clock->advance(59s);
    run();
    EXPECT_FALSE(completed);
    clock->advance(1s);
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(report().code, errc::attempt_timeout);
}

TEST_F(connection_test, a_refusal_before_the_request_was_read_in_full_is_heard)
{
    peer->accept_only(5);
    begin();
    peer->send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    run();
    ASSERT_TRUE(completed);
    EXPECT_FALSE(report().code);
    EXPECT_EQ(head().status, 413U);
    EXPECT_FALSE(report().reusable);
}

TEST_F(connection_test, a_refusal_is_heard_although_writing_fails)
{
    begin();
    peer->send(response);
    run();
    peer->accept_only(3);
    begin();
    peer->send("HTTP/1.1 429 Slow Down\r\nContent-Length: 0\r\n\r\n");
    peer->accept_only(0, broken_pipe);
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(head().status, 429U);
    EXPECT_FALSE(report().reusable);
}

TEST_F(connection_test, an_end_while_idle_is_noticed_when_it_comes)
{
    for (const boost::system::error_code how : {boost::system::error_code{boost::asio::error::eof},
                                                boost::system::error_code{boost::asio::error::connection_reset}}) {
        connect();
        peer->end(how);
        run();
        EXPECT_TRUE(ended_while_idle);
        EXPECT_FALSE(connection->is_open());
    }
}

TEST_F(connection_test, unsolicited_bytes_close_it)
{
    peer->send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
    run();
    EXPECT_TRUE(ended_while_idle);
    EXPECT_EQ(ended_how, detail::idle_end::closed) << "the service's way to give up on a connection without request";
    begin();
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(report().code, errc::write_failed);
    EXPECT_EQ(report().bytes_written, 0U);
}

TEST_F(connection_test, a_late_second_response_is_never_taken_for_the_next_one)
{
    begin();
    peer->send(response);
    run();
    EXPECT_TRUE(report().reusable);
    peer->send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    run();
    EXPECT_TRUE(ended_while_idle);
    EXPECT_EQ(ended_how, detail::idle_end::unsolicited);
    EXPECT_FALSE(connection->is_open());
}

/// One connection that carries requests with ids.
class request_ids : public connection_test {
protected:
    /// The response has the fields as they are given.
    boost::system::error_code exchange_as(const std::string& id, const std::string& fields, unsigned status = 200)
    {
        detail::request_view wanted = sample_request;
        wanted.request_id = id;
        begin(wanted);
        peer->send("HTTP/1.1 " + std::to_string(status) + " x\r\n" + fields + "Content-Length: 2\r\n\r\nok");
        run();
        EXPECT_TRUE(completed);
        return report().code;
    }
};

TEST_F(request_ids, that_an_edge_replaces_or_adds_to_are_no_error)
{
    for (const unsigned status : {200U, 201U, 401U, 429U, 503U}) {
        for (const char* const fields :
             {"", "X-Request-ID: a\r\n", "x-request-id: edge-1\r\n", "X-Request-ID: a, edge-1\r\n",
              "X-Request-ID: edge-1,a\r\n", "X-Request-ID: a\r\nX-Request-ID: edge-1\r\n",
              "X-Request-ID: edge-1\r\nX-Request-ID: a\r\n", "X-Request-ID: a\r\nX-Request-ID: a\r\n",
              "X-Request-ID: edge-1\r\nX-Request-ID: edge-2\r\n", "X-Request-ID: a/edge-1\r\n", "X-Request-ID:\r\n",
              "X-Request-ID: ,\r\n"}) {
            connect();
            EXPECT_FALSE(exchange_as("before", "")) << fields;
            EXPECT_FALSE(exchange_as("a", fields, status)) << fields;
            EXPECT_EQ(head().status, status);
            EXPECT_EQ(body(), "ok");
            EXPECT_TRUE(report().reusable);
        }
    }
}

TEST_F(request_ids, of_an_earlier_request_on_the_connection_prove_that_it_is_out_of_step)
{
    for (const char* const fields :
         {"X-Request-ID: b\r\n", "X-Request-ID: a\r\n", "X-Request-ID: edge-1, b\r\n",
          "X-Request-ID: b\r\nX-Request-ID: edge-1\r\n", "X-Request-ID: edge-1\r\nX-Request-ID: a\r\n"}) {
        connect();
        EXPECT_FALSE(exchange_as("a", "X-Request-ID: a\r\n"));
        EXPECT_FALSE(exchange_as("b", "X-Request-ID: b\r\n"));
        EXPECT_EQ(exchange_as("c", fields), errc::desynchronized) << fields;
        EXPECT_FALSE(report().complete);
        EXPECT_TRUE(peer->is_closed());
    }
}

TEST_F(request_ids, that_are_used_again_are_their_own)
{
    EXPECT_FALSE(exchange_as("a", "X-Request-ID: a\r\n"));
    EXPECT_FALSE(exchange_as("a", "X-Request-ID: a\r\n"));
    EXPECT_FALSE(exchange_as("b", "X-Request-ID: a, b\r\n"));
}

TEST_F(connection_test, bytes_that_came_before_the_request_are_no_response_to_it)
{
    for (const bool with_408 : {true, false}) {
        connect();
        peer->accept_only(0, broken_pipe);
        peer->send(with_408 ? "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n" : response);
        begin();
        run();
        ASSERT_TRUE(completed);
        EXPECT_EQ(report().code, with_408 ? errc::write_failed : errc::desynchronized);
        EXPECT_EQ(report().bytes_written, 0U);
        EXPECT_FALSE(report().header_complete);
    }
}

TEST_F(connection_test, an_attempt_ends_at_its_deadline)
{
    detail::exchange_parameters how;
    how.deadline = clock->now() + 10s;
    begin(sample_request, how);
    clock->advance(10s - 1ns);
    run();
    EXPECT_FALSE(completed);
    clock->advance(1ns);
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(report().code, errc::attempt_timeout);
    EXPECT_TRUE(report().fully_written);
    EXPECT_TRUE(peer->is_closed());
}

TEST_F(connection_test, a_deadline_of_an_earlier_exchange_does_not_end_a_later_one)
{
    detail::exchange_parameters how;
    how.deadline = clock->now() + 1s;
    begin(sample_request, how);
    peer->send(response);
    run();
    how.deadline = clock->now() + 5s;
    begin(sample_request, how);
    clock->advance(2s);
    run();
    EXPECT_FALSE(completed);
    peer->send(response);
    run();
    EXPECT_TRUE(completed);
    EXPECT_FALSE(report().code);
}

class connection_cancellation : public connection_test {
protected:
    void begin_cancellable()
    {
        run_exchange(*connection, sample_request, {},
                     boost::asio::bind_cancellation_slot(signal.slot(), [this](const auto&) {
                         EXPECT_FALSE(completed);
                         completed = true;
                     }));
    }

    boost::asio::cancellation_signal signal;
};

TEST_F(connection_cancellation, ends_the_exchange_in_one_turn)
{
    begin_cancellable();
    signal.emit(boost::asio::cancellation_type::terminal);
    EXPECT_FALSE(completed) << "never inline";
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(report().code, boost::asio::error::operation_aborted);
    EXPECT_TRUE(peer->was_aborted());
}

TEST_F(connection_cancellation, total_is_honoured_only_while_nothing_was_sent)
{
    peer->accept_only(0);
    begin_cancellable();
    signal.emit(boost::asio::cancellation_type::total);
    run();
    EXPECT_TRUE(completed);
    connect();
    completed = false;
    begin_cancellable();
    signal.emit(boost::asio::cancellation_type::total);
    run();
    EXPECT_FALSE(completed);
    peer->send(response);
    run();
    EXPECT_TRUE(completed);
    EXPECT_FALSE(report().code);
}

TEST_F(connection_cancellation, after_completion_does_nothing)
{
    begin_cancellable();
    peer->send(response);
    run();
    EXPECT_TRUE(completed);
    signal.emit(boost::asio::cancellation_type::terminal);
    run();
    EXPECT_TRUE(connection->is_open());
}

TEST_F(connection_test, closing_completes_the_exchange)
{
    begin();
    connection->close(errc::client_closed, true);
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(report().code, errc::client_closed);
}

} // namespace
} // namespace sipher::test
