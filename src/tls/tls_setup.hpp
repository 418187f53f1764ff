#pragma once

#include "tls/openssl_handle.hpp"

#include <sipher/client_options.hpp>

namespace sipher::detail {

/// A client context with the library's rules (TLS 1.2 or newer, peer verified, `http/1.1` only) and the options'
/// authorities and certificate.
/// @throws sipher::error with `errc::invalid_request` that names the unusable option.
[[nodiscard]] ssl_ctx_ptr make_ssl_context(const tls_options& options);

} // namespace sipher::detail
