#include "tls/tls_peer.hpp"

#include "base/printable_text.hpp"
#include "options/validation.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <new>

namespace sipher::detail {

namespace {

constexpr unsigned name_rules = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

public_key_pin pin_of(const X509* certificate)
{
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
    if (size <= 0) {
        throw std::bad_alloc{};
    }
    public_key_pin pin{};
    EVP_Digest(encoded, static_cast<std::size_t>(size), pin.data(), nullptr, EVP_sha256(), nullptr);
    OPENSSL_free(encoded);
    return pin;
}

bool is_named(X509* certificate, const expected_peer& peer)
{
    const int matches = peer.is_address
                            ? X509_check_ip_asc(certificate, peer.name.c_str(), name_rules)
                            : X509_check_host(certificate, peer.name.data(), peer.name.size(), name_rules, nullptr);
    return matches == 1;
}

constexpr std::size_t longest_name = 100;

/// The certificate's host names, up to a limit.
std::string names_of(const X509* certificate)
{
    constexpr std::size_t most = 4;
    const std::unique_ptr<GENERAL_NAMES, openssl_delete<GENERAL_NAMES_free>> names{
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
    std::string text;
    std::size_t named = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_DNS) {
            continue;
        }
        if (++named > most) {
            return text + ", …";
        }
        const auto size = static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName));
        const auto* const letters = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
        text += (text.empty() ? "" : ", ") + printable_text({letters, size}, longest_name);
    }
    return text;
}

/// OpenSSL's output as one line.
template <class Write>
std::string printed(const Write& write)
{
    const bio_ptr buffer{BIO_new(BIO_s_mem())};
    if (!buffer || write(buffer.get()) <= 0) {
        return "?";
    }
    char* text = nullptr;
    const long size = BIO_get_mem_data(buffer.get(), &text);
    return printable_text({text, static_cast<std::size_t>(size)}, longest_name);
}

std::string describe_names(const X509* certificate, const expected_peer& peer)
{
    const std::string names = names_of(certificate);
    return names.empty() ? "it names no host (subjectAltName)" : "it is for " + names + ", not for " + peer.name;
}

/// Names the issuer of the chain's last certificate, which was neither sent nor is trusted.
std::string describe_issuer(const STACK_OF(X509) * chain)
{
    const X509* const last = sk_X509_value(chain, sk_X509_num(chain) - 1);
    const std::string issuer =
        printed([last](BIO* to) { return X509_NAME_print_ex(to, X509_get_issuer_name(last), 0, XN_FLAG_RFC2253); });
    return "its issuer, " + issuer + ", is not among the trusted authorities (tls.ca_file adds one)";
}

/// The validity limit of the first certificate that is expired or not yet valid.
std::string describe_time(const STACK_OF(X509) * chain, bool expired)
{
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        const X509* const certificate = sk_X509_value(chain, i);
        const ASN1_TIME* const time = expired ? X509_get0_notAfter(certificate) : X509_get0_notBefore(certificate);
        if ((X509_cmp_current_time(time) < 0) == expired) {
            return (expired ? "it was valid until " : "it is valid from ") +
                   printed([time](BIO* to) { return ASN1_TIME_print(to, time); });
        }
    }
    return {};
}

std::string what_matters(long verified, const STACK_OF(X509) * chain, const expected_peer& peer)
{
    switch (verified) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return describe_names(sk_X509_value(chain, 0), peer);
    case X509_V_ERR_CERT_HAS_EXPIRED: return describe_time(chain, true);
    case X509_V_ERR_CERT_NOT_YET_VALID: return describe_time(chain, false);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return describe_issuer(chain);
    default: return {};
    }
}

} // namespace

std::string describe_rejection(long verified, const STACK_OF(X509) * chain, const expected_peer& peer)
{
    std::string text = "the server's certificate was not accepted: ";
    text += X509_verify_cert_error_string(verified);
    const std::string detail = sk_X509_num(chain) > 0 ? what_matters(verified, chain, peer) : std::string{};
    return detail.empty() ? text : text + "; " + detail;
}

void expect_peer(SSL* ssl, const expected_peer& peer)
{
    X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(rules, name_rules);
    const int accepted = peer.is_address ? X509_VERIFY_PARAM_set1_ip_asc(rules, peer.name.c_str())
                                         : X509_VERIFY_PARAM_set1_host(rules, peer.name.c_str(), peer.name.size());
    if (accepted != 1) {
        throw_invalid("tls.server_name", "cannot be verified");
    }
    if (!peer.is_address && SSL_set_tlsext_host_name(ssl, peer.name.c_str()) != 1) {
        throw_invalid("tls.server_name", "cannot be sent (SNI)");
    }
}

bool is_pinned(const X509* certificate, const expected_peer& peer)
{
    return peer.pins.empty() ||
           (certificate != nullptr && std::ranges::find(peer.pins, pin_of(certificate)) != peer.pins.end());
}

std::string check_pins(const X509* certificate, const expected_peer& peer)
{
    if (is_pinned(certificate, peer)) {
        return {};
    }
    if (certificate == nullptr) {
        return "the server presented no certificate to compare with tls.pinned_public_keys";
    }
    return "the server's public key is none of tls.pinned_public_keys: " + to_text(pin_of(certificate));
}

bool may_be_offered(SSL_SESSION* session, const expected_peer& peer, const ticket_times& times, clock::wall_time now)
{
    constexpr std::chrono::hours longest{24};
    const std::chrono::seconds lifetime{SSL_SESSION_get_timeout(session)};
    if (now >= times.received + lifetime || now >= times.verified + longest || now <= times.verified - longest) {
        return false;
    }
    std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    X509* const certificate = SSL_SESSION_get0_peer(session);
    return certificate != nullptr && X509_cmp_time(X509_get0_notAfter(certificate), &seconds) > 0 &&
           is_named(certificate, peer) && is_pinned(certificate, peer);
}

} // namespace sipher::detail
