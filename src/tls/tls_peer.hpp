#pragma once

#include "options/public_key_pin.hpp"
#include "tls/openssl_handle.hpp"

#include <sipher/clock.hpp>

#include <string>
#include <vector>

namespace sipher::detail {

/// Who must be at the other end.
struct expected_peer {
    /// To ask for, unless it is an address, and to verify.
    std::string name;
    bool is_address = false;
    /// Empty: any key that the authorities vouch for.
    std::vector<public_key_pin> pins;
};

/// Has the handshake ask for and accept this peer only: by subject alternative names, never the common name.
void expect_peer(SSL* ssl, const expected_peer& peer);

/// Empty if the key is one of those pinned, or none is; else what is wrong.
[[nodiscard]] std::string check_pins(const X509* certificate, const expected_peer& peer);

/// Why the certificate that the peer has shown was not accepted, and what of it matters for that.
/// @param verified What verification came to.
/// @param chain The certificates that it has shown, its own first; null: none.
[[nodiscard]] std::string describe_rejection(long verified, const STACK_OF(X509) * chain, const expected_peer& peer);

/// A resumed handshake shows no certificate, so what a full one would find out is looked at before: whether the
/// certificate of then is still valid and that of this peer, and the session not too old.
[[nodiscard]] bool may_be_offered(SSL_SESSION* session, const expected_peer& peer, clock::wall_time since,
                                  clock::wall_time now);

} // namespace sipher::detail
