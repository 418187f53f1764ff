#include "connection/tls_setup.hpp"

#include "values/validation.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <new>
#include <string>
#include <string_view>

namespace sipher::detail {

namespace {

/// Takes OpenSSL's oldest error of this thread, the cause, and clears the rest.
std::string openssl_problem()
{
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
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

void set_certificate(SSL_CTX* context, const tls_options& options)
{
    if (options.certificate_file.empty()) {
        return;
    }
    require(SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()), "tls.certificate_file",
            "cannot read a certificate from " + options.certificate_file);
    require(SSL_CTX_use_PrivateKey_file(context, options.private_key_file.c_str(), SSL_FILETYPE_PEM),
            "tls.private_key_file", "cannot read a private key from " + options.private_key_file);
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
    SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    // An idle connection keeps no record buffers, and a read takes what there is in one system call.
    SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(raw, 1);
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
    static constexpr std::array<unsigned char, 9> http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(raw, http_1_1.data(), static_cast<unsigned>(http_1_1.size()));
    set_trust(raw, options);
    set_certificate(raw, options);
    return context;
}

void expect_peer(SSL* ssl, const std::string& server_name, bool is_address)
{
    X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int accepted = is_address ? X509_VERIFY_PARAM_set1_ip_asc(rules, server_name.c_str())
                                    : X509_VERIFY_PARAM_set1_host(rules, server_name.c_str(), server_name.size());
    require(accepted, "tls.server_name", "cannot be verified");
    if (!is_address) {
        require(static_cast<int>(SSL_set_tlsext_host_name(ssl, server_name.c_str())), "tls.server_name",
                "cannot be asked for");
    }
}

} // namespace sipher::detail
