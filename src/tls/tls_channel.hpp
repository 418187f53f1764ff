#pragma once

#include "net/channel.hpp"
#include "tls/openssl_handle.hpp"
#include "tls/tls_peer.hpp"

#include <memory>

namespace sipher::detail {

/// `peer` must outlive the channel.
[[nodiscard]] std::unique_ptr<channel> make_tls_channel(std::unique_ptr<byte_stream> stream, ssl_ptr ssl,
                                                        const BIO_METHOD* bio_method, const expected_peer& peer);

} // namespace sipher::detail
