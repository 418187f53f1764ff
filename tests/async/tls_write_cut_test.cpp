#include "connection/connection.hpp"
#include "connection/tls_context.hpp"
#include "retry/classify.hpp"
#include "support/scripted_stream.hpp"
#include "testing/certificates.hpp"

#include <sipher/error_code.hpp>
#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

namespace sipher::test {
namespace {

namespace asio = boost::asio;

/// The server's side of TLS in memory: it is given what arrived on the wire and says what it could decrypt.
class tls_in_memory {
public:
    explicit tls_in_memory(asio::ssl::context& context)
        : ssl_(SSL_new(context.native_handle())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem()))
    {
        SSL_set_bio(ssl_.get(), in_, out_);
        SSL_set_accept_state(ssl_.get());
    }

    /// Gives back what it wants to send.
    std::string take(std::string& arrived)
    {
        BIO_write(in_, arrived.data(), static_cast<int>(arrived.size()));
        arrived.clear();
        if (SSL_is_init_finished(ssl_.get()) == 0) {
            SSL_do_handshake(ssl_.get());
        }
        std::array<char, 4096> bytes{};
        for (std::size_t size = 0; SSL_read_ex(ssl_.get(), bytes.data(), bytes.size(), &size) == 1;) {
            decrypted.append(bytes.data(), size);
        }
        std::string wanted(BIO_ctrl_pending(out_), '\0');
        BIO_read(out_, wanted.data(), static_cast<int>(wanted.size()));
        return wanted;
    }

    std::string decrypted;

private:
    struct free_ssl {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };

    const std::unique_ptr<SSL, free_ssl> ssl_;
    BIO* const in_;
    BIO* const out_;
};

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
        facts.indivisible = true;
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

} // namespace
} // namespace sipher::test
