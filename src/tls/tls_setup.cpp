#include "tls/tls_setup.hpp"

#include "options/origin.hpp"
#include "options/validation.hpp"
#include "tls/openssl_errors.hpp"

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
        // Such as a missing file: OpenSSL leaves the message to the system.
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

std::string read_all(BIO* source)
{
    std::string text;
    std::array<char, 4096> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init): only what was read is used
    for (std::size_t size = 0; BIO_read_ex(source, bytes.data(), bytes.size(), &size) == 1;) {
        text.append(bytes.data(), size);
    }
    return text;
}

/// Lines that begin or end a certificate, even badly.
std::size_t count_boundaries(std::string_view pem)
{
    constexpr std::string_view boundary = "CERTIFICATE--";
    std::size_t count = 0;
    for (std::size_t at = pem.find(boundary); at != std::string_view::npos; at = pem.find(boundary, at + 1)) {
        ++count;
    }
    return count;
}

/// OpenSSL would silently drop everything after a block that it cannot read.
void trust_pem(SSL_CTX* context, const std::string& pem, std::string_view field, const std::string& message)
{
    const bio_ptr source{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    std::size_t found = 0;
    while (const x509_ptr certificate{PEM_read_bio_X509_AUX(source.get(), nullptr, refuse_passphrase, nullptr)}) {
        require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()), field, message);
        ++found;
    }
    const bool at_the_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    require(at_the_end ? 1 : 0, field, message);
    ERR_clear_error();
    if (found == 0 || count_boundaries(pem) != 2 * found) {
        throw_invalid(field, message + (found == 0 ? ": no certificate in PEM" : ": one is truncated or damaged"));
    }
}

void set_trust(SSL_CTX* context, const tls_options& options)
{
    if (options.ca_file.empty() && options.ca_pem.empty()) {
        require(SSL_CTX_set_default_verify_paths(context), "tls", "the system's certificates cannot be read");
    } else if (options.ca_file.empty()) {
        trust_pem(context, options.ca_pem, "tls.ca_pem", "cannot read certificates");
    } else {
        const std::string origin = origin_of_ca_file(options);
        const std::string message = "cannot read certificates from " + options.ca_file;
        // Opened so that programs started meanwhile do not inherit it.
        const bio_ptr file{BIO_new_file(options.ca_file.c_str(), "re")};
        require(file ? 1 : 0, origin, message);
        trust_pem(context, read_all(file.get()), origin, message);
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

/// Never prompts at a terminal, as OpenSSL would by default.
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
    // It is only read, but the C interface has no const.
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
    const openssl_errors ours;
    ssl_ctx_ptr context{SSL_CTX_new(TLS_client_method())};
    if (!context) {
        throw std::bad_alloc{};
    }
    SSL_CTX* const raw = context.get();
    SSL_CTX_set_min_proto_version(raw, options.minimum_version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CLEANSE_PLAINTEXT);
    // A read takes all available data in one system call. (Record buffers are freed by `release_buffers`, not after
    // each record: a busy connection would need them again at once.)
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
