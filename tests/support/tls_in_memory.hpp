#pragma once

#include <boost/asio/ssl/context.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>

namespace sipher::test {

/// The server's side of TLS in memory: takes the received bytes and reports what it decrypted.
class tls_in_memory {
public:
    explicit tls_in_memory(boost::asio::ssl::context& context)
        : ssl_(SSL_new(context.native_handle())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem()))
    {
        SSL_set_bio(ssl_.get(), in_, out_);
        SSL_set_accept_state(ssl_.get());
    }

    /// Returns the bytes to send.
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
        return sent();
    }

    /// Returns the ciphertext.
    std::string encrypt(const std::string& text)
    {
        SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
        return sent();
    }

    /// Returns a key update message as ciphertext.
    std::string renew_keys()
    {
        SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
        SSL_do_handshake(ssl_.get());
        return sent();
    }

    std::string decrypted;

private:
    std::string sent()
    {
        std::string wanted(BIO_ctrl_pending(out_), '\0');
        BIO_read(out_, wanted.data(), static_cast<int>(wanted.size()));
        return wanted;
    }

    struct free_ssl {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };

    const std::unique_ptr<SSL, free_ssl> ssl_;
    BIO* const in_;
    BIO* const out_;
};

} // namespace sipher::test
