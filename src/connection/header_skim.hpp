#pragma once

#include "connection/response_head.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace sipher::detail {

/// What a header comes to, once the fields are taken out that say nothing about where its message ends.
struct skimmed_header {
    /// Bytes of the whole header, its empty line included. Zero: leave it to the parser, which takes all of it as well.
    std::size_t size = 0;
    std::size_t fields_taken = 0;
};

/// Reads a complete header at the beginning of `input`: of its fields, those that bear on the framing go into `kept`
/// together with the first line, for Beast's parser to judge, and all others are read into `head`.
///
/// Two thirds of the service's fields are of no interest to a client, and the parser takes more time for them than for
/// anything else in an exchange. This is a shortcut and no second opinion: whatever is the least unusual (a line
/// that is folded or does not end with CR LF, a character that does not belong, a header that is not complete) is left
/// to the parser as a whole.
[[nodiscard]] skimmed_header skim_header(std::string_view input, response_head& head, std::string& kept);

} // namespace sipher::detail
