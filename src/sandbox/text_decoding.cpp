#include "sandbox/text_decoding.hpp"

#include <charconv>
#include <cstddef>

namespace sipher::testing::detail {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

unsigned byte_at(std::string_view text, std::size_t place)
{
    return place < text.size() ? static_cast<unsigned char>(text[place]) : 0;
}

/// Sizes of a character that begins with `text`: what it should have, and how much of it is there.
struct utf_8_size {
    std::size_t wanted;
    std::size_t found;
};

utf_8_size measure(std::string_view text)
{
    const unsigned first = byte_at(text, 0);
    if (first < 0x80) {
        return {1, 1};
    }
    const std::size_t wanted = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) {
        return {wanted, 1};
    }
    // Overlong forms, surrogates and what is beyond Unicode show in the second byte.
    const unsigned lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    std::size_t found = byte_at(text, 1) >= lowest && byte_at(text, 1) <= highest ? 2 : 1;
    while (found > 1 && found < wanted && (byte_at(text, found) & 0xc0U) == 0x80) {
        ++found;
    }
    return {wanted, found};
}

bool is_leading(unsigned unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

bool is_trailing(unsigned unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

void append_utf_8(std::string& text, unsigned character)
{
    const auto put = [&text](unsigned byte) { text.push_back(static_cast<char>(byte)); };
    if (character < 0x80) {
        return put(character);
    }
    if (character < 0x800) {
        put(0xc0U | (character >> 6U));
    } else {
        if (character < 0x10000) {
            put(0xe0U | (character >> 12U));
        } else {
            put(0xf0U | (character >> 18U));
            put(0x80U | ((character >> 12U) & 0x3fU));
        }
        put(0x80U | ((character >> 6U) & 0x3fU));
    }
    put(0x80U | (character & 0x3fU));
}

/// The unit of the escape `\uXXXX` at the beginning; 0 if there is none.
unsigned escaped_unit(std::string_view text)
{
    unsigned unit = 0;
    if (text.size() < 6 || !text.starts_with("\\u")) {
        return 0;
    }
    const auto [end, problem] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
    return problem == std::errc{} && end == text.data() + 6 ? unit : 0;
}

} // namespace

std::string replace_invalid_utf_8(std::string_view bytes)
{
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const auto [wanted, found] = measure(bytes);
        text.append(found == wanted ? bytes.substr(0, found) : replacement);
        bytes.remove_prefix(found);
    }
    return text;
}

std::string from_utf_16(std::string_view bytes, bool big_endian)
{
    if (bytes.starts_with("\xfe\xff") || bytes.starts_with("\xff\xfe")) {
        big_endian = bytes.front() == '\xfe';
        bytes.remove_prefix(2);
    }
    const auto unit_at = [bytes, big_endian](std::size_t place) {
        const unsigned first = byte_at(bytes, place);
        const unsigned second = byte_at(bytes, place + 1);
        return big_endian ? (first << 8U) | second : (second << 8U) | first;
    };
    std::string text;
    for (std::size_t place = 0; place + 1 < bytes.size(); place += 2) {
        const unsigned unit = unit_at(place);
        if (is_leading(unit) && is_trailing(unit_at(place + 2))) {
            place += 2;
            append_utf_8(text, 0x10000 + ((unit - 0xd800) << 10U) + (unit_at(place) - 0xdc00));
        } else {
            append_utf_8(text, is_leading(unit) || is_trailing(unit) ? 0xfffd : unit);
        }
    }
    return text;
}

std::string replace_lone_surrogates(std::string_view document)
{
    std::string text;
    text.reserve(document.size());
    while (!document.empty()) {
        const unsigned unit = escaped_unit(document);
        const bool pair = is_leading(unit) && is_trailing(escaped_unit(document.substr(6)));
        const bool lone = !pair && (is_leading(unit) || is_trailing(unit));
        // Of another escape, the second character must not be taken for the beginning of one.
        const std::size_t size = pair ? 12 : unit != 0 ? 6 : document.starts_with('\\') ? 2 : 1;
        text.append(lone ? replacement : document.substr(0, size));
        document.remove_prefix(std::min(size, document.size()));
    }
    return text;
}

} // namespace sipher::testing::detail
