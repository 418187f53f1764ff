#pragma once

#include "options/public_key_pin.hpp"
#include "tls/openssl_handle.hpp"

#include <sipher/clock.hpp>

#include <string>
#include <vector>

namespace sipher::detail {

/// The required identity of the peer.
struct expected_peer {
    /// The name to send (SNI, unless it is an address) and to verify.
    std::string name;
    bool is_address = false;
    /// Empty: any key certified by the authorities.
    std::vector<public_key_pin> pins;
};

/// Configures the handshake to request and accept only this peer: by subject alternative names, never the common name.
void expect_peer(SSL* ssl, const expected_peer& peer);

/// Empty if the key is pinned or there are no pins; otherwise the failure.
[[nodiscard]] std::string check_pins(const X509* certificate, const expected_peer& peer);

/// Why the peer's certificate was rejected, with the relevant details of it.
/// @param verified The result of verification.
/// @param chain The certificates sent by the peer, its own first; null: none.
[[nodiscard]] std::string describe_rejection(long verified, const STACK_OF(X509) * chain, const expected_peer& peer);

/// When a TLS ticket was received, and when the certificate of its peer was last verified.
struct ticket_times {
    clock::wall_time verified;
    clock::wall_time received;
};

/// A resumed handshake has no certificate, so the checks of a full one are done beforehand: whether the original
/// certificate is still valid and matches this peer, and neither the ticket nor its verification is too old.
[[nodiscard]] bool may_be_offered(SSL_SESSION* session, const expected_peer& peer, const ticket_times& times,
                                  clock::wall_time now);

} // namespace sipher::detail
