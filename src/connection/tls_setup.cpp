#include "connection/tls_setup.hpp"

#include "values/validation.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

namespace sipher::detail {

namespace {

/// Takes OpenSSL's oldest error of this thread, the cause, and clears the rest.
std::string openssl_problem()
{
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (ERR_SYSTEM_ERROR(code)) {
        // Such as a file that is not there: OpenSSL leaves the words to the system.
        return std::generic_category().message(ERR_GET_REASON(code));
    }
    const char* const reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "unknown error";
}

void require(int succeeded, std::string_view field, std::string_view what)
{
    if (succeeded != 1) {
        throw_invalid(field, std::string{what} + ": " + openssl_problem());
    }
}

void trust_pem(SSL_CTX* context, const std::string& pem)
{
    const bio_ptr source{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    int found = 0;
    for (;;) {
        const x509_ptr certificate{PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)};
        if (!certificate) {
            break;
        }
        require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()), "tls.ca_pem",
                "a certificate cannot be used");
        ++found;
    }
    if (found == 0) {
        throw_invalid("tls.ca_pem", "holds no certificate in PEM");
    }
    // Reading past the last certificate leaves a "no start line" behind.
    ERR_clear_error();
}

void set_trust(SSL_CTX* context, const tls_options& options)
{
    if (!options.ca_file.empty()) {
        require(SSL_CTX_load_verify_file(context, options.ca_file.c_str()), "tls.ca_file",
                "cannot read certificates from " + options.ca_file);
    } else if (!options.ca_pem.empty()) {
        trust_pem(context, options.ca_pem);
    } else {
        require(SSL_CTX_set_default_verify_paths(context), "tls", "the system's certificates cannot be read");
    }
}

void check_revocation(SSL_CTX* context, const std::string& file)
{
    if (file.empty()) {
        return;
    }
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    X509_LOOKUP* const lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    const int found = lookup != nullptr ? X509_load_crl_file(lookup, file.c_str(), X509_FILETYPE_PEM) : 0;
    require(found > 0 ? 1 : 0, "tls.crl_file", "cannot read revocation lists from " + file);
    require(X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK), "tls.crl_file", "cannot be used");
}

/// Never asks a person at a terminal, as OpenSSL would on its own.
int give_passphrase(char* to, int size, int, void* passphrase)
{
    const std::string_view text =
        passphrase != nullptr ? static_cast<const secret*>(passphrase)->reveal() : std::string_view{};
    if (text.size() > static_cast<std::size_t>(size)) {
        return -1;
    }
    std::ranges::copy(text, to);
    return static_cast<int>(text.size());
}

void set_certificate(SSL_CTX* context, const tls_options& options)
{
    if (options.certificate_file.empty()) {
        return;
    }
    SSL_CTX_set_default_passwd_cb(context, give_passphrase);
    // It is only read; the C interface has no word for that.
    SSL_CTX_set_default_passwd_cb_userdata(context, const_cast<secret*>(&options.private_key_passphrase));
    require(SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()), "tls.certificate_file",
            "cannot read a certificate from " + options.certificate_file);
    require(SSL_CTX_use_PrivateKey_file(context, options.private_key_file.c_str(), SSL_FILETYPE_PEM),
            "tls.private_key_file",
            "cannot read a private key from " + options.private_key_file +
                (options.private_key_passphrase.empty() ? "" : " with tls.private_key_passphrase"));
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    require(SSL_CTX_check_private_key(context), "tls.private_key_file", "does not belong to tls.certificate_file");
}

} // namespace

ssl_ctx_ptr make_ssl_context(const tls_options& options)
{
    ERR_clear_error();
    ssl_ctx_ptr context{SSL_CTX_new(TLS_client_method())};
    if (!context) {
        throw std::bad_alloc{};
    }
    SSL_CTX* const raw = context.get();
    SSL_CTX_set_min_proto_version(raw, options.minimum_version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
    // A read takes what there is in one system call. (Record buffers are given back by `release_buffers`, and not
    // after each record: a busy connection would need them again at once.)
    SSL_CTX_set_mode(raw, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(raw, 1);
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
    // No keys or signatures of less than 112 bits of security, whatever the system's configuration says.
    SSL_CTX_set_security_level(raw, 2);
    static constexpr std::array<unsigned char, 9> http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(raw, http_1_1.data(), static_cast<unsigned>(http_1_1.size()));
    set_trust(raw, options);
    check_revocation(raw, options.crl_file);
    set_certificate(raw, options);
    return context;
}

} // namespace sipher::detail
