#include "tls/tls_peer.hpp"

#include "options/validation.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <ctime>
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

} // namespace

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
        throw_invalid("tls.server_name", "cannot be asked for");
    }
}

std::string check_pins(const X509* certificate, const expected_peer& peer)
{
    if (peer.pins.empty()) {
        return {};
    }
    if (certificate == nullptr) {
        return "the server showed no certificate to compare with tls.pinned_public_keys";
    }
    const public_key_pin shown = pin_of(certificate);
    if (std::ranges::find(peer.pins, shown) != peer.pins.end()) {
        return {};
    }
    return "the server's public key is none of tls.pinned_public_keys: " + to_text(shown);
}

bool may_be_offered(SSL_SESSION* session, const expected_peer& peer, clock::wall_time since, clock::wall_time now)
{
    constexpr std::chrono::seconds longest = std::chrono::hours{24};
    if (now >= since + std::min(std::chrono::seconds{SSL_SESSION_get_timeout(session)}, longest)) {
        return false;
    }
    std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    X509* const certificate = SSL_SESSION_get0_peer(session);
    return certificate != nullptr && X509_cmp_time(X509_get0_notAfter(certificate), &seconds) > 0 &&
           is_named(certificate, peer) && check_pins(certificate, peer).empty();
}

} // namespace sipher::detail
