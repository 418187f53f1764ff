// A short way through headers that are like the one before.
#pragma once

#include "http1/response_header.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sipher::detail {

/// The header that the parser accepted last from a server, and what it made of it.
///
/// A service sends the same fields with nearly the same values again and again, and the parser takes more time for them
/// than anything else in an exchange takes. So the next header is compared with the last one, line by line. It may
/// differ in its status, in its Content-Length, and in the values of fields that do not bear on the framing; whatever
/// else is new is the parser's to judge.
///
/// Not thread-safe; it belongs to a parser.
class header_memo {
public:
    /// Reads a complete header at the beginning of `input` if it is like the one remembered. Otherwise `head` and
    /// `framing` have no meaning.
    /// @return Bytes of the header. Zero: it is incomplete, or to be left to the parser as a whole.
    [[nodiscard]] std::size_t read(std::string_view input, response_head& head, message_framing& framing) const;

    /// @param header What the parser has accepted, its empty line included.
    void remember(std::string_view header, const message_framing& framing);

private:
    struct line {
        /// With its end.
        std::uint32_t size;
        /// With its colon.
        std::uint32_t name_size;
        field_id which;
        /// It bears on the framing, so it must be the same; Content-Length, where there is one only, may be another.
        bool is_framing;
    };

    [[nodiscard]] bool remember_line(std::string_view text);

    std::string text_;
    std::vector<line> lines_;
    message_framing framing_;
};

} // namespace sipher::detail
