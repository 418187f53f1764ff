#pragma once

#include "http1/response_head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sipher::detail {

/// How the body of a message is framed, as its header has it, and what is to become of the connection.
struct message_framing {
    bool chunked = false;
    std::optional<std::uint64_t> length;
    bool keeps_alive = false;
    /// Why the header cannot be accepted; empty if it can.
    std::string message;
};

/// Reads one complete header, its empty line included, into `head`.
///
/// Beast's parser does the reading. The rules about framing are checked here as well, because how strict Beast is
/// depends on its version, and a response that two parties frame differently is a security hole.
[[nodiscard]] message_framing read_header(std::string_view header, response_head& head, bool keep_fields,
                                          std::size_t most_fields);

} // namespace sipher::detail
