#pragma once

#include "http1/response_head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sipher::detail {

/// How a message's body is framed according to its header, and whether the connection can be reused.
struct message_framing {
    bool chunked = false;
    std::optional<std::uint64_t> length;
    bool keeps_alive = false;
    /// Why the header is rejected; empty if it is accepted.
    std::string message;
};

/// Reads one complete header, including its empty line, into `head`.
///
/// Beast's parser does the reading. The framing rules are also checked here, because Beast's strictness depends on its
/// version, and a response that two parties frame differently is a security hole.
[[nodiscard]] message_framing read_header(std::string_view header, response_head& head, bool keep_fields,
                                          std::size_t most_fields);

} // namespace sipher::detail
