// A fast path for headers similar to the previous one.
#pragma once

#include "http1/response_header.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sipher::detail {

/// Caches the last header that the parser accepted from a server, with its result.
///
/// A service sends the same fields with nearly the same values again and again, and parsing them takes more time than
/// any other part of an exchange. So the next header is compared with the last one, line by line. It may differ in its
/// status, its Content-Length, and the values of fields irrelevant to the framing; any other difference goes to the
/// parser.
///
/// Not thread-safe; it belongs to a parser.
class header_memo {
public:
    /// Reads a complete header at the beginning of `input` if it is similar to the cached one. Otherwise `head` and
    /// `framing` are unspecified.
    /// @return Bytes of the header. Zero: it is incomplete, or must go to the parser.
    [[nodiscard]] std::size_t read(std::string_view input, response_head& head, message_framing& framing) const;

    /// @param header The header that the parser accepted, including its empty line.
    void remember(std::string_view header, const message_framing& framing);

private:
    struct line {
        /// Including its line end.
        std::uint32_t size;
        /// Including its colon.
        std::uint32_t name_size;
        field_id which;
        /// It affects the framing, so it must be identical; a single Content-Length may differ.
        bool is_framing;
    };

    [[nodiscard]] bool remember_line(std::string_view text);

    std::string text_;
    std::vector<line> lines_;
    message_framing framing_;
};

} // namespace sipher::detail
