#pragma once

#include "connection/openssl_handle.hpp"

#include <sipher/client_options.hpp>

#include <string>

namespace sipher::detail {

/// A client context with the library's rules (TLS 1.2 or newer, peer verified, `http/1.1` only) and the options'
/// authorities and certificate.
/// @throws sipher::error with `errc::invalid_request` that names the option which cannot be used.
[[nodiscard]] ssl_ctx_ptr make_ssl_context(const tls_options& options);

/// Has the handshake ask for and accept this server only: by subject alternative names, never the common name.
void expect_peer(SSL* ssl, const std::string& server_name, bool is_address);

} // namespace sipher::detail
