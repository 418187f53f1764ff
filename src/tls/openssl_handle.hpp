#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace sipher::detail {

template <auto Free>
struct openssl_delete {
    template <class T>
    void operator()(T* pointer) const noexcept
    {
        Free(pointer);
    }
};

using ssl_ptr = std::unique_ptr<SSL, openssl_delete<SSL_free>>;
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, openssl_delete<SSL_CTX_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, openssl_delete<SSL_SESSION_free>>;
using bio_ptr = std::unique_ptr<BIO, openssl_delete<BIO_free_all>>;
using bio_method_ptr = std::unique_ptr<BIO_METHOD, openssl_delete<BIO_meth_free>>;
using x509_ptr = std::unique_ptr<X509, openssl_delete<X509_free>>;

/// For PEM that must not be encrypted: without a callback OpenSSL would prompt at the terminal.
inline int refuse_passphrase(char*, int, int, void*) noexcept
{
    return -1;
}

} // namespace sipher::detail
