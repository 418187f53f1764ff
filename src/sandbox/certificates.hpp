// Certificates for servers on this machine.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace sipher::testing::detail {

/// A certificate and its private key, in PEM.
struct pem_pair {
    std::string certificate;
    std::string private_key;
};

/// The content of a certificate; the defaults suit a server on this machine.
struct certificate_spec {
    certificate_spec() = default;

    std::string common_name = "localhost";
    std::vector<std::string> dns_names{"localhost"};
    std::vector<std::string> addresses{"127.0.0.1", "::1"};
    /// Validity, from now.
    std::chrono::seconds valid_from = -std::chrono::days{2};
    std::chrono::seconds valid_until = std::chrono::days{3650};
    /// In OpenSSL's syntax; empty: no such extension.
    std::string key_usage = "critical,digitalSignature";
    std::string extended_key_usage = "serverAuth";
    std::string basic_constraints = "critical,CA:FALSE";
    /// Zero: a key on the curve P-256.
    unsigned rsa_bits = 0;
    /// Digest of the signature, by OpenSSL's name.
    std::string digest = "SHA256";
};

/// A new self-signed authority with a P-256 key.
/// @throws boost::system::system_error, as does `issue`
[[nodiscard]] pem_pair make_authority(const std::string& common_name = "sipher sandbox authority");

/// A new key and a self-signed certificate for it.
[[nodiscard]] pem_pair issue_self_signed(const certificate_spec& spec);

/// A new key and a certificate for it, signed by `authority`.
[[nodiscard]] pem_pair issue(const pem_pair& authority, const certificate_spec& spec);

} // namespace sipher::testing::detail
