// Writes requests as HTTP/1.1 messages.
#pragma once

#include "base/wiped_buffer.hpp"
#include "http1/exchange.hpp"

namespace sipher::detail {

/// Writes the request into `out`, replacing its content.
void serialize(const request_view& request, wiped_buffer& out);

} // namespace sipher::detail
