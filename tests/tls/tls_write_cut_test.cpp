#include "retry/classify.hpp"
#include "tls/tls_connection_fixture.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <string>

namespace sipher::test {
namespace {

namespace asio = boost::asio;

class tls_write_cut : public tls_connection_test {
protected:
    const detail::exchange_report& exchange()
    {
        begin();
        wire_size = peer->received().size();
        static_cast<void>(server->take(peer->received()));
        peer->end(asio::error::connection_reset);
        run();
        EXPECT_TRUE(completed);
        return *connection->result().report;
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
        open_channel();
        for (;;) {
            const detail::channel_result step = channel->handshake();
            EXPECT_EQ(ERR_peek_error(), 0U) << "what comes next on this thread would take it for its own";
            if (step.wants == detail::io_interest::nothing) {
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
