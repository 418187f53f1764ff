#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sipher::detail {

/// Length of the UTF-8 sequence at the beginning of `text` (RFC 3629); 0 if invalid.
[[nodiscard]] constexpr std::size_t utf8_sequence_size(std::string_view text) noexcept
{
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto continues = [byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned lead = byte(0);
    const unsigned second = byte(1);
    if (lead < 0x80U) {
        return text.empty() ? 0 : 1;
    }
    if (lead >= 0xC2U && lead <= 0xDFU) {
        return continues(1) ? 2 : 0;
    }
    if (lead >= 0xE0U && lead <= 0xEFU) {
        const bool in_range = (lead != 0xE0U || second >= 0xA0U) && (lead != 0xEDU || second <= 0x9FU);
        return in_range && continues(1) && continues(2) ? 3 : 0;
    }
    if (lead >= 0xF0U && lead <= 0xF4U) {
        const bool in_range = (lead != 0xF0U || second >= 0x90U) && (lead != 0xF4U || second <= 0x8FU);
        return in_range && continues(1) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

/// Whether a UTF-8 sequence would move a terminal's cursor, end a line or change the writing direction.
[[nodiscard]] constexpr bool is_control_sequence(std::string_view sequence) noexcept
{
    const auto byte = [sequence](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (sequence.size() == 1) {
        return byte(0) < 0x20U || byte(0) == 0x7FU;
    }
    if (sequence.size() == 2) {
        return byte(0) == 0xC2U && byte(1) < 0xA0U;
    }
    const bool line_or_direction = sequence.substr(0, 2) == "\xE2\x80" && byte(2) >= 0xA8U && byte(2) <= 0xAEU;
    const bool isolate = sequence.substr(0, 2) == "\xE2\x81" && byte(2) >= 0xA6U && byte(2) <= 0xA9U;
    return line_or_direction || isolate;
}

/// `text` as one line that is safe to print: controls and runs of spaces become one space, invalid UTF-8 becomes `?`,
/// and text beyond `limit` bytes is replaced by `…`.
[[nodiscard]] inline std::string printable_text(std::string_view text, std::size_t limit)
{
    std::string line;
    bool space_pending = false;
    while (!text.empty()) {
        const std::size_t size = utf8_sequence_size(text);
        std::string_view next = size == 0 ? std::string_view{"?"} : text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
        if (next == " " || is_control_sequence(next)) {
            space_pending = !line.empty();
            continue;
        }
        if (line.size() + next.size() + (space_pending ? 1U : 0U) > limit) {
            return line + "…";
        }
        if (space_pending) {
            line += ' ';
            space_pending = false;
        }
        line += next;
    }
    return line;
}

} // namespace sipher::detail
