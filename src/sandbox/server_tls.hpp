#pragma once

#include "sandbox/certificates.hpp"

#include <boost/asio/ssl/context.hpp>

namespace sipher::testing::detail {

/// TLS 1.2 and 1.3 with session tickets, and `http/1.1` only.
/// @throws boost::system::system_error when the certificate or the key is not usable.
[[nodiscard]] boost::asio::ssl::context make_server_tls(const pem_pair& identity);

} // namespace sipher::testing::detail
