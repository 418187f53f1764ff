#include "support/tls_fixture.hpp"
#include "tls/tls_connection_fixture.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <string>

namespace sipher::test {
namespace {

const std::string refused = "the server refused the TLS handshake: ";

/// Servers that want a certificate of the client. With TLS 1.3, the client has sent its request by the time when they
/// have looked at what it shows.
class tls_refusal : public tls_connection_test {
protected:
    tls_refusal() { server_context.set_verify_mode(demanded); }

    ~tls_refusal() override { EXPECT_EQ(ERR_peek_error(), 0U) << "left for whoever comes next on this thread"; }

    void present_certificate()
    {
        testing::detail::certificate_spec presented;
        presented.extended_key_usage = "clientAuth";
        const auto mine = issue(authority, presented);
        const temporary_file certificate{mine.certificate};
        const temporary_file key{mine.private_key};
        trusting.certificate_file = certificate.path();
        trusting.private_key_file = key.path();
        trust();
    }

    /// The server finds this wrong with any certificate.
    void find_wrong(int error)
    {
        wrong = error;
        SSL_CTX_set_cert_verify_callback(
            server_context.native_handle(),
            [](X509_STORE_CTX* store, void* fixture) {
                X509_STORE_CTX_set_error(store, static_cast<tls_refusal*>(fixture)->wrong);
                return 0;
            },
            this);
    }

    /// What the server says to all that has come goes to the client, and then it closes.
    void let_server_response(boost::system::error_code end = boost::asio::error::connection_reset)
    {
        peer->send(server->take(peer->received()));
        ERR_clear_error(); // The server's own.
        peer->end(end);
        run();
    }

    const detail::exchange_report& exchange()
    {
        connect_unheard();
        begin();
        EXPECT_FALSE(completed);
        let_server_response();
        EXPECT_TRUE(completed);
        EXPECT_EQ(server->decrypted, "");
        return *connection->result().report;
    }

    static constexpr int demanded = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    int wrong = X509_V_OK;
};

TEST_F(tls_refusal, a_missing_certificate_is_reported_with_the_option)
{
    const auto& report = exchange();
    EXPECT_EQ(report.code, errc::tls_verify_failed);
    EXPECT_TRUE(report.handshake_refused);
    EXPECT_TRUE(report.fully_written);
    EXPECT_FALSE(report.reusable);
    EXPECT_EQ(report.message,
              refused + "certificate required; it requires a client certificate (tls.certificate_file)");
}

TEST_F(tls_refusal, before_the_request_is_reported_by_the_request)
{
    connect_unheard();
    let_server_response();
    EXPECT_FALSE(connection->is_open());
    begin();
    ASSERT_TRUE(completed);
    EXPECT_EQ(connection->result().report->code, errc::tls_verify_failed);
    EXPECT_TRUE(connection->result().report->handshake_refused);
    EXPECT_EQ(connection->result().report->bytes_written, 0U);
    EXPECT_EQ(connection->result().report->message,
              refused + "certificate required; it requires a client certificate (tls.certificate_file)");
}

TEST_F(tls_refusal, during_a_failing_write_is_reported)
{
    connect_unheard();
    peer->accept_only(0, boost::asio::error::broken_pipe);
    peer->send(server->take(peer->received()));
    ERR_clear_error();
    begin();
    ASSERT_TRUE(completed);
    EXPECT_EQ(connection->result().report->code, errc::tls_verify_failed);
    EXPECT_TRUE(connection->result().report->handshake_refused);
}

struct wrong_certificate {
    const char* name;
    int error;
    const char* alert;
};

class tls_alert : public tls_refusal, public ::testing::WithParamInterface<wrong_certificate> {};

TEST_P(tls_alert, is_named)
{
    present_certificate();
    find_wrong(GetParam().error);
    const auto& report = exchange();
    EXPECT_EQ(report.code, errc::tls_verify_failed);
    EXPECT_TRUE(report.handshake_refused);
    EXPECT_EQ(report.message, refused + GetParam().alert);
}

const std::string not_accepted = "; it does not accept the client certificate (tls.certificate_file)";
const std::string expired = "certificate expired" + not_accepted;
const std::string revoked = "certificate revoked" + not_accepted;
const std::string unknown_authority = "unknown ca" + not_accepted;
const std::string bad = "bad certificate" + not_accepted;
const std::string unsupported = "unsupported certificate" + not_accepted;
const std::string unknown = "certificate unknown" + not_accepted;
const std::string unsigned_rightly = "decrypt error";

INSTANTIATE_TEST_SUITE_P(
    table, tls_alert,
    ::testing::Values(wrong_certificate{"expired", X509_V_ERR_CERT_HAS_EXPIRED, expired.c_str()},
                      wrong_certificate{"revoked", X509_V_ERR_CERT_REVOKED, revoked.c_str()},
                      wrong_certificate{"unknown_ca", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, unknown_authority.c_str()},
                      wrong_certificate{"bad", X509_V_ERR_CERT_NOT_YET_VALID, bad.c_str()},
                      wrong_certificate{"purpose", X509_V_ERR_INVALID_PURPOSE, unsupported.c_str()},
                      wrong_certificate{"unknown", X509_V_ERR_PERMITTED_VIOLATION, unknown.c_str()},
                      wrong_certificate{"signature", X509_V_ERR_CERT_SIGNATURE_FAILURE, unsigned_rightly.c_str()}),
    [](const auto& each) { return std::string{each.param.name}; });

TEST_F(tls_refusal, trouble_of_the_server_s_own_is_none)
{
    present_certificate();
    find_wrong(X509_V_ERR_OUT_OF_MEM);
    const auto& report = exchange();
    EXPECT_EQ(report.code, errc::no_response);
    EXPECT_FALSE(report.handshake_refused);
}

TEST_F(tls_refusal, an_alert_about_what_came_later_is_none)
{
    server_context.set_verify_mode(SSL_VERIFY_NONE);
    connect();
    begin();
    peer->received().back() = static_cast<char>(peer->received().back() ^ 1);
    let_server_response();
    ASSERT_TRUE(completed);
    EXPECT_EQ(connection->result().report->code, errc::no_response);
    EXPECT_FALSE(connection->result().report->handshake_refused);
    EXPECT_NE(connection->result().report->message.find("bad record mac"), std::string::npos)
        << connection->result().report->message;
}

/// Before TLS 1.3 all of it happens inside of the handshake.
class tls_1_2_refusal : public tls_refusal {
protected:
    tls_1_2_refusal() { SSL_CTX_set_max_proto_version(server_context.native_handle(), TLS1_2_VERSION); }

    detail::channel_result handshake()
    {
        open_channel();
        for (;;) {
            const detail::channel_result step = channel->handshake();
            if (step.wants == detail::io_interest::nothing) {
                return step;
            }
            peer->send(server->take(peer->received()));
            ERR_clear_error();
        }
    }
};

TEST_F(tls_1_2_refusal, a_missing_certificate_is_reported_with_the_option)
{
    EXPECT_EQ(handshake().failure, errc::tls_verify_failed);
    EXPECT_EQ(channel->handshake_message(),
              refused + "handshake failure; it requires a client certificate (tls.certificate_file)");
}

TEST_F(tls_1_2_refusal, an_internal_error_of_the_server_is_transient)
{
    present_certificate();
    find_wrong(X509_V_ERR_OUT_OF_MEM);
    EXPECT_EQ(handshake().failure, errc::tls_handshake_failed);
    EXPECT_NE(channel->handshake_message().find("internal error"), std::string::npos) << channel->handshake_message();
}

} // namespace
} // namespace sipher::test
