// Writes requests as HTTP/1.1 messages.
#pragma once

#include "base/wiped_buffer.hpp"
#include "http1/exchange.hpp"

#include <string>
#include <string_view>

namespace sipher::detail {

/// Appends `name: value` as one line of a header.
void append_field(std::string& fields, std::string_view name, std::string_view value);

/// Writes the request into `out`, replacing what was there.
void serialize(const request_view& request, wiped_buffer& out);

} // namespace sipher::detail
