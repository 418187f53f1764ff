#include "connection/connection.hpp"
#include "connection/tls_context.hpp"
#include "retry/classify.hpp"
#include "support/scripted_stream.hpp"
#include "support/tls_in_memory.hpp"
#include "testing/certificates.hpp"

#include <sipher/error_code.hpp>
#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include <openssl/err.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

namespace sipher::test {
namespace {

namespace asio = boost::asio;

class tls_write_cut : public ::testing::Test {
protected:
    tls_write_cut()
    {
        const auto authority = testing::detail::make_authority();
        const auto identity = issue(authority, testing::detail::certificate_spec{});
        server_context.use_certificate_chain(asio::buffer(identity.certificate));
        server_context.use_private_key(asio::buffer(identity.private_key), asio::ssl::context::pem);
        tls_options trusting;
        trusting.ca_pem = authority.certificate;
        client_context = std::make_unique<detail::tls_context>(trusting, "localhost", false, clock);
    }

    ~tls_write_cut() override
    {
        if (connection) {
            connection->close({}, true);
        }
        context.poll();
    }

    void connect()
    {
        if (connection) {
            connection->close({}, true);
        }
        peer = std::make_shared<scripted_peer>(context.get_executor());
        server = std::make_unique<tls_in_memory>(server_context);
        auto channel = client_context->make_channel(peer->make_stream());
        for (int step = 0; step < 10; ++step) {
            EXPECT_FALSE(channel->handshake().failure);
            peer->send(server->take(peer->received()));
        }
        connection = std::make_shared<detail::connection>(context.get_executor(), std::move(channel), "peer",
                                                          limit_options{}, timers);
        connection->open({});
    }

    const detail::exchange_report& exchange()
    {
        bool completed = false;
        connection->request_text() = request;
        connection->async_exchange({}, [&] { completed = true; });
        context.restart();
        context.poll();
        wire_size = peer->received().size();
        static_cast<void>(server->take(peer->received()));
        peer->end(asio::error::connection_reset);
        context.restart();
        context.poll();
        EXPECT_TRUE(completed);
        return connection->report();
    }

    /// What the retry policy makes of it, for a create.
    [[nodiscard]] static detail::verdict judged(const detail::exchange_report& report)
    {
        detail::attempt_facts facts;
        facts.kind = detail::operation_kind::create;
        facts.code = report.code;
        facts.reached = report.reached;
        facts.any_written = report.bytes_written != 0;
        facts.fully_written = report.fully_written;
        facts.fits_one_record = true;
        return detail::classify(facts);
    }

    const std::string request = "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}";
    asio::io_context context;
    std::shared_ptr<testing::manual_clock> clock = std::make_shared<testing::manual_clock>(
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    std::shared_ptr<detail::timer_queue> timers = detail::timer_queue::make(context.get_executor(), clock);
    asio::ssl::context server_context{asio::ssl::context::tls_server};
    std::unique_ptr<detail::tls_context> client_context;
    std::shared_ptr<scripted_peer> peer;
    std::unique_ptr<tls_in_memory> server;
    std::shared_ptr<detail::connection> connection;
    std::size_t wire_size = 0;
};

TEST_F(tls_write_cut, after_every_byte_the_proof_is_what_the_server_could_decrypt)
{
    connect();
    const detail::exchange_report whole = exchange();
    EXPECT_TRUE(whole.fully_written);
    const std::size_t size = wire_size;
    EXPECT_EQ(whole.bytes_written, size);
    EXPECT_EQ(server->decrypted, request);
    EXPECT_GT(size, request.size());

    for (std::size_t k = 0; k <= size; ++k) {
        connect();
        peer->accept_only(k, asio::error::broken_pipe);
        const detail::exchange_report report = exchange();
        EXPECT_EQ(report.bytes_written, k);
        EXPECT_EQ(report.fully_written, k == size) << k;
        EXPECT_EQ(server->decrypted, k == size ? request : "") << k;
        const detail::verdict verdict = judged(report);
        const outcome expected = k == 0 ? outcome::not_sent : k < size ? outcome::not_applied : outcome::unknown;
        EXPECT_EQ(verdict.outcome, expected) << k;
        EXPECT_EQ(verdict.what, k == size ? detail::action::fail : detail::action::retry) << k;
    }
}

struct interruption {
    const char* name;
    boost::system::error_code end;
    /// Sent in place of what was cut off.
    std::string garbage;
};

class handshake_cut : public tls_write_cut, public ::testing::WithParamInterface<interruption> {
protected:
    /// The failure of a handshake in which only so many bytes of the server's come; none if it needs no more.
    boost::system::error_code failure_after(std::size_t bytes)
    {
        peer = std::make_shared<scripted_peer>(context.get_executor());
        server = std::make_unique<tls_in_memory>(server_context);
        const auto channel = client_context->make_channel(peer->make_stream());
        for (;;) {
            const detail::channel_result step = channel->handshake();
            if (step.waits_for == detail::need::nothing) {
                return step.failure;
            }
            const std::string flight = server->take(peer->received());
            peer->send(flight.substr(0, bytes));
            if (flight.size() > bytes || flight.empty()) {
                peer->send(GetParam().garbage);
                peer->end(GetParam().end);
            }
            bytes -= std::min(bytes, flight.size());
        }
    }
};

TEST_P(handshake_cut, after_any_byte_it_fails_and_nothing_is_left)
{
    std::size_t bytes = 0;
    for (;; ++bytes) {
        ASSERT_LT(bytes, 10'000U);
        const boost::system::error_code failure = failure_after(bytes);
        if (!failure) {
            break;
        }
        ASSERT_TRUE(failure == errc::tls_handshake_failed || failure == errc::tls_verify_failed) << failure.message();
        ASSERT_TRUE(failure == errc::tls_handshake_failed || !GetParam().garbage.empty())
            << "an end may be of the moment: byte " << bytes << ", " << failure.message();
        ASSERT_EQ(server->decrypted, "");
    }
    EXPECT_GT(bytes, 500U) << "a handshake has more bytes than that";
}

INSTANTIATE_TEST_SUITE_P(ends, handshake_cut,
                         ::testing::Values(interruption{"end", asio::error::eof, ""},
                                           interruption{"reset", asio::error::connection_reset, ""},
                                           interruption{"garbage", asio::error::eof, std::string(64, 'x')}),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST_F(tls_write_cut, an_error_of_another_connection_on_the_thread_is_not_taken_for_this_ones)
{
    connect();
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_SIGNATURE);
    const detail::exchange_report& report = exchange();
    EXPECT_TRUE(report.fully_written);
    EXPECT_EQ(report.code, errc::no_response);
}

} // namespace
} // namespace sipher::test
