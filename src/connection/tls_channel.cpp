#include "connection/tls_channel.hpp"

#include "connection/openssl_errors.hpp"
#include "connection/stream_bio.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <string_view>
#include <utility>

namespace sipher::detail {

namespace {

/// Alerts that say nothing of what the peers can agree on: internal_error, user_canceled, and bad_record_mac, which is
/// what bytes that were damaged on the way lead to.
bool is_passing_alert(int reason)
{
    return reason == SSL_R_TLSV1_ALERT_INTERNAL_ERROR || reason == SSL_R_TLSV1_ALERT_USER_CANCELLED ||
           reason == SSL_R_SSLV3_ALERT_BAD_RECORD_MAC;
}

class tls_channel final : public channel {
public:
    tls_channel(std::unique_ptr<byte_stream> stream, ssl_ptr ssl, const BIO_METHOD* bio_method,
                const expected_peer& peer)
        : channel(std::move(stream)), peer_(peer), ssl_(std::move(ssl))
    {
        bio_state_.stream = stream_.get();
        BIO* const bio = make_stream_bio(bio_method, bio_state_).release();
        SSL_set_bio(ssl_.get(), bio, bio);
    }

    channel_result handshake() override
    {
        const openssl_errors ours;
        const channel_result result = step([](SSL* ssl, std::size_t*) { return SSL_do_handshake(ssl); });
        if (result.failure) {
            return fail_handshake(result);
        }
        if (result.done() && !speaks_http_1_1()) {
            problem_ = "the server chose another protocol than http/1.1";
            return {0, need::nothing, errc::tls_verify_failed};
        }
        if (result.done()) {
            problem_ = check_pins(SSL_get0_peer_certificate(ssl_.get()), peer_);
        }
        if (!problem_.empty()) {
            return {0, need::nothing, errc::tls_verify_failed};
        }
        return result;
    }

    channel_result read(void* to, std::size_t size) override
    {
        return step([&](SSL* ssl, std::size_t* bytes) { return SSL_read_ex(ssl, to, size, bytes); });
    }

    channel_result write(const void* from, std::size_t size) override
    {
        return step([&](SSL* ssl, std::size_t* bytes) { return SSL_write_ex(ssl, from, size, bytes); });
    }

    void say_goodbye() noexcept override
    {
        if (stream_->is_inherited()) {
            return;
        }
        const openssl_errors ours;
        SSL_shutdown(ssl_.get());
    }

    void release_buffers() noexcept override { SSL_free_buffers(ssl_.get()); }

    [[nodiscard]] bool has_buffered() const noexcept override { return SSL_has_pending(ssl_.get()) == 1; }
    [[nodiscard]] std::uint64_t bytes_on_wire() const noexcept override { return bio_state_.accepted; }
    [[nodiscard]] std::string handshake_problem() const override { return problem_; }
    [[nodiscard]] const char* protocol() const noexcept override { return SSL_get_version(ssl_.get()); }
    [[nodiscard]] bool resumed() const noexcept override { return SSL_session_reused(ssl_.get()) == 1; }

private:
    template <class Step>
    channel_result step(Step&& do_step)
    {
        const openssl_errors ours;
        bio_state_.failure = {};
        channel_result result;
        const int returned = do_step(ssl_.get(), &result.bytes);
        if (returned > 0) {
            return result;
        }
        result.bytes = 0;
        switch (SSL_get_error(ssl_.get(), returned)) {
        case SSL_ERROR_WANT_READ: result.waits_for = need::readable; break;
        case SSL_ERROR_WANT_WRITE: result.waits_for = need::writable; break;
        case SSL_ERROR_ZERO_RETURN: result.failure = boost::asio::error::eof; break;
        default: result.failure = failure_of_stream_or_tls(); break;
        }
        return result;
    }

    boost::system::error_code failure_of_stream_or_tls()
    {
        if (bio_state_.failure) {
            // A bare end of the stream is not the peer's word that it has said everything.
            return bio_state_.failure == boost::asio::error::eof
                       ? boost::system::error_code{boost::asio::ssl::error::stream_truncated}
                       : bio_state_.failure;
        }
        const unsigned long cause = ERR_peek_error();
        const char* const reason = ERR_reason_error_string(cause);
        may_pass_ = is_passing_alert(ERR_GET_REASON(cause));
        problem_ = reason != nullptr ? reason : "the TLS layer failed";
        if (ERR_GET_REASON(cause) == SSL_R_WRONG_VERSION_NUMBER) {
            problem_ = "what the server sends is not TLS; is this a port for plain http?";
        }
        return errc::protocol_error;
    }

    channel_result fail_handshake(channel_result result)
    {
        const long verified = SSL_get_verify_result(ssl_.get());
        if (verified != X509_V_OK) {
            problem_ =
                std::string{"the server's certificate was not accepted: "} + X509_verify_cert_error_string(verified);
            result.failure = errc::tls_verify_failed;
        } else if (result.failure == errc::protocol_error) {
            // The peers did not come to terms, and would not the next time.
            result.failure = may_pass_ ? errc::tls_handshake_failed : errc::tls_verify_failed;
        } else {
            problem_ = "the connection ended in the TLS handshake: " + result.failure.message();
            result.failure = errc::tls_handshake_failed;
        }
        return result;
    }

    [[nodiscard]] bool speaks_http_1_1() const
    {
        const unsigned char* name = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(ssl_.get(), &name, &size);
        return size == 0 || std::string_view{reinterpret_cast<const char*>(name), size} == "http/1.1";
    }

    const expected_peer& peer_;
    stream_bio_state bio_state_;
    ssl_ptr ssl_;
    std::string problem_;
    /// What ended the handshake is trouble of the moment.
    bool may_pass_ = false;
};

} // namespace

std::unique_ptr<channel> make_tls_channel(std::unique_ptr<byte_stream> stream, ssl_ptr ssl,
                                          const BIO_METHOD* bio_method, const expected_peer& peer)
{
    return std::make_unique<tls_channel>(std::move(stream), std::move(ssl), bio_method, peer);
}

} // namespace sipher::detail
