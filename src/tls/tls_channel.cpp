#include "tls/tls_channel.hpp"

#include "tls/openssl_errors.hpp"
#include "tls/stream_bio.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <string_view>
#include <utility>

namespace sipher::detail {

namespace {

/// The peer's alert that is the cause, or -1.
int alert_of(unsigned long cause)
{
    const int alert = ERR_GET_REASON(cause) - SSL_AD_REASON_OFFSET;
    return ERR_GET_LIB(cause) == ERR_LIB_SSL && alert >= 0 && alert < 256 ? alert : -1;
}

/// Concerns the client's certificate or its absence.
bool is_about_certificate(int alert)
{
    switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_CERTIFICATE_REQUIRED: return true;
    default: return false;
    }
}

/// A transient failure, unrelated to negotiation: the server had an internal problem, or bytes were damaged in transit.
bool may_pass(int alert)
{
    return alert == SSL_AD_INTERNAL_ERROR || alert == SSL_AD_USER_CANCELLED || alert == SSL_AD_BAD_RECORD_MAC;
}

/// Sent only in a handshake, and the next one would fail in the same way.
bool refuses_handshake(int alert)
{
    switch (alert) {
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_DECRYPT_ERROR:
    case SSL_AD_PROTOCOL_VERSION:
    case SSL_AD_INSUFFICIENT_SECURITY:
    case SSL_AD_MISSING_EXTENSION:
    case SSL_AD_UNSUPPORTED_EXTENSION:
    case SSL_AD_UNRECOGNIZED_NAME:
    case SSL_AD_BAD_CERTIFICATE_STATUS_RESPONSE:
    case SSL_AD_UNKNOWN_PSK_IDENTITY:
    case SSL_AD_NO_APPLICATION_PROTOCOL: return true;
    default: return is_about_certificate(alert);
    }
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
            message_ = "the server selected a protocol other than http/1.1";
            return {0, io_interest::nothing, errc::tls_verify_failed};
        }
        if (result.done()) {
            connected_ = true;
            message_ = check_pins(SSL_get0_peer_certificate(ssl_.get()), peer_);
        }
        if (!message_.empty()) {
            return {0, io_interest::nothing, errc::tls_verify_failed};
        }
        return result;
    }

    channel_result read(void* to, std::size_t size) override
    {
        may_hold_read_buffer_ = true;
        const channel_result result =
            step([&](SSL* ssl, std::size_t* bytes) { return SSL_read_ex(ssl, to, size, bytes); });
        heard_ = heard_ || result.bytes != 0;
        return result;
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

    void release_buffers() noexcept override
    {
        // OpenSSL 3.2 and newer overwrite a read buffer even if it has already been freed.
        if (std::exchange(may_hold_read_buffer_, false)) {
            SSL_free_buffers(ssl_.get());
        }
    }

    [[nodiscard]] bool has_buffered() const noexcept override { return SSL_has_pending(ssl_.get()) == 1; }
    [[nodiscard]] std::uint64_t bytes_on_wire() const noexcept override { return bio_state_.accepted; }
    [[nodiscard]] std::string handshake_message() const override { return message_; }
    [[nodiscard]] const char* protocol() const noexcept override { return SSL_get_version(ssl_.get()); }
    [[nodiscard]] bool resumed() const noexcept override { return SSL_session_reused(ssl_.get()) == 1; }

private:
    template <class Step>
    channel_result step(Step&& do_step)
    {
        openssl_errors ours;
        bio_state_.failure = {};
        channel_result result;
        const int returned = do_step(ssl_.get(), &result.bytes);
        if (returned > 0) {
            ours.expect_none();
            return result;
        }
        result.bytes = 0;
        switch (SSL_get_error(ssl_.get(), returned)) {
        case SSL_ERROR_WANT_READ: result.wants = io_interest::readable; break;
        case SSL_ERROR_WANT_WRITE: result.wants = io_interest::writable; break;
        case SSL_ERROR_ZERO_RETURN: result.failure = boost::asio::error::eof; break;
        default: result.failure = failure_of_stream_or_tls(); break;
        }
        return result;
    }

    boost::system::error_code failure_of_stream_or_tls()
    {
        if (bio_state_.failure) {
            // A bare end of the stream does not prove that the peer has sent everything.
            return bio_state_.failure == boost::asio::error::eof
                       ? boost::system::error_code{boost::asio::ssl::error::stream_truncated}
                       : bio_state_.failure;
        }
        const unsigned long cause = ERR_peek_error();
        const char* const reason = ERR_reason_error_string(cause);
        message_ = reason != nullptr ? reason : "the TLS layer failed";
        const int alert = alert_of(cause);
        // With TLS 1.3, our handshake is complete before the server has received our last message.
        const bool may_still_refuse = !connected_ || (!heard_ && SSL_version(ssl_.get()) >= TLS1_3_VERSION);
        if (may_still_refuse && refuses_handshake(alert)) {
            describe_refusal(alert);
            return errc::tls_verify_failed;
        }
        if (ERR_GET_REASON(cause) == SSL_R_WRONG_VERSION_NUMBER) {
            message_ = "the server's response is not TLS; is this a port for plain http?";
        }
        return !connected_ && may_pass(alert) ? errc::tls_handshake_failed : errc::protocol_error;
    }

    void describe_refusal(int alert)
    {
        // Extracts the name from texts such as "tlsv13 alert certificate required".
        constexpr std::string_view before_name = "alert ";
        const auto name = message_.find(before_name);
        message_.erase(0, name == std::string::npos ? 0 : name + before_name.size());
        message_.insert(0, "the server refused the TLS handshake: ");
        // Before TLS 1.3, there is no specific alert for a missing certificate.
        const bool was_asked_for_one = SSL_get0_peer_CA_list(ssl_.get()) != nullptr;
        if (is_about_certificate(alert) || (alert == SSL_AD_HANDSHAKE_FAILURE && was_asked_for_one)) {
            message_ += SSL_get_certificate(ssl_.get()) != nullptr
                            ? "; it does not accept the client certificate (tls.certificate_file)"
                            : "; it requires a client certificate (tls.certificate_file)";
        }
    }

    channel_result fail_handshake(channel_result result)
    {
        const long verified = SSL_get_verify_result(ssl_.get());
        if (verified != X509_V_OK) {
            // (OpenSSL considers it the peer's certificate only after accepting it, hence the chain.)
            message_ = describe_rejection(verified, SSL_get_peer_cert_chain(ssl_.get()), peer_);
            result.failure = errc::tls_verify_failed;
        } else if (result.failure == errc::protocol_error) {
            // Negotiation failed, and would fail again.
            result.failure = errc::tls_verify_failed;
        } else if (message_.empty()) {
            message_ = "the connection ended in the TLS handshake: " + result.failure.message();
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
    bool connected_ = false;
    /// The server has sent data, so the handshake is also complete on its side.
    bool heard_ = false;
    bool may_hold_read_buffer_ = true;
    std::string message_;
};

} // namespace

std::unique_ptr<channel> make_tls_channel(std::unique_ptr<byte_stream> stream, ssl_ptr ssl,
                                          const BIO_METHOD* bio_method, const expected_peer& peer)
{
    return std::make_unique<tls_channel>(std::move(stream), std::move(ssl), bio_method, peer);
}

} // namespace sipher::detail
