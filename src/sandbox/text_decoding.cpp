#include "sandbox/text_decoding.hpp"

#include <array>
#include <cstddef>
#include <cstdio>

namespace sipher::testing::detail {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

unsigned byte_at(std::string_view text, std::size_t place)
{
    return place < text.size() ? static_cast<unsigned char>(text[place]) : 0;
}

/// Whether `text` begins with the escape of a code unit from `\uDx00`, where `x` is one of `digits`.
bool is_surrogate(std::string_view text, std::string_view digits)
{
    return (text.starts_with("\\ud") || text.starts_with("\\uD")) && text.size() >= 6 &&
           digits.find(text[3]) != std::string_view::npos &&
           text.substr(4, 2).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

} // namespace

std::string replace_invalid_utf_8(std::string_view bytes)
{
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        const unsigned first = byte_at(bytes, 0);
        const bool is_first = first < 0x80 || (first >= 0xc2 && first <= 0xf4);
        const std::size_t wanted = !is_first ? 0 : first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        // Overlong forms, surrogates and values beyond Unicode are detected by the second byte.
        unsigned lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        unsigned highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        std::size_t found = 1;
        while (found < wanted && byte_at(bytes, found) >= lowest && byte_at(bytes, found) <= highest) {
            ++found;
            lowest = 0x80;
            highest = 0xbf;
        }
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
    std::string text;
    for (std::size_t place = 0; place + 1 < bytes.size(); place += 2) {
        const unsigned high = byte_at(bytes, big_endian ? place : place + 1);
        const unsigned low = byte_at(bytes, big_endian ? place + 1 : place);
        if (high == 0 && low < 0x80) {
            text.push_back(static_cast<char>(low));
        } else {
            std::array<char, 8> escape{};
            std::snprintf(escape.data(), escape.size(), "\\u%02x%02x", high, low);
            text.append(escape.data());
        }
    }
    return text;
}

void replace_lone_surrogates(std::string& document)
{
    constexpr std::string_view leading = "89abAB";
    constexpr std::string_view trailing = "cdefCDEF";
    std::size_t place = document.find('\\');
    while (place < document.size()) {
        const std::string_view escape = std::string_view{document}.substr(place);
        if (is_surrogate(escape, leading) && is_surrogate(escape.substr(6), trailing)) {
            place += 12;
        } else if (is_surrogate(escape, leading) || is_surrogate(escape, trailing)) {
            document.replace(place, 6, replacement);
        } else {
            // The second character must not be taken for the beginning of an escape.
            place += 2;
        }
        place = document.find('\\', place);
    }
}

} // namespace sipher::testing::detail
