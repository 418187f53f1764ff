// Masks secrets in foreign texts.
#pragma once

#include "base/field_text.hpp"

#include <algorithm>
#include <charconv>
#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace sipher::detail {

/// A character, and the number of bytes that spell it.
struct spelled_character {
    char value = 0;
    std::size_t size = 1;
};

/// Reads the number of a character after `prefix` and before `suffix`, at the start of `text`; otherwise its first
/// byte.
[[nodiscard]] inline spelled_character read_escape(std::string_view text, std::string_view prefix, int base,
                                                   std::size_t most_digits, std::string_view suffix)
{
    const std::string_view number = text.substr(prefix.size(), most_digits);
    unsigned char code = 0;
    const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), code, base);
    const std::size_t digits = static_cast<std::size_t>(end - number.data());
    const std::size_t used = prefix.size() + digits;
    const bool is_escape = failure == std::errc{} && (!suffix.empty() || digits == most_digits);
    return is_escape && text.substr(used).starts_with(suffix)
               ? spelled_character{static_cast<char>(code), used + suffix.size()}
               : spelled_character{text[0]};
}

/// The first character of `text`, which is not empty: plain, or escaped as in a URL, in HTML or in JSON.
[[nodiscard]] inline spelled_character read_spelled(std::string_view text)
{
    for (const std::string_view escape : {"\\\"", "\\\\", "\\/"}) {
        if (text.starts_with(escape)) {
            return {escape[1], escape.size()};
        }
    }
    if (text.starts_with("\\u00")) {
        return read_escape(text, "\\u00", 16, 2, "");
    }
    if (text.starts_with("%")) {
        return read_escape(text, "%", 16, 2, "");
    }
    if (text.starts_with("&#x") || text.starts_with("&#X")) {
        return read_escape(text, "&#x", 16, 4, ";");
    }
    return text.starts_with("&#") ? read_escape(text, "&#", 10, 4, ";") : spelled_character{text[0]};
}

/// How many characters of `word` a text begins with, in any spelling and case, and in how many bytes.
struct spelled_prefix {
    std::size_t characters = 0;
    std::size_t size = 0;

    auto operator<=>(const spelled_prefix&) const = default;
};

/// @param may_be_plain A character of the word that could begin an escape stands for itself.
[[nodiscard]] inline spelled_prefix match_spelled(std::string_view text, std::string_view word,
                                                  bool may_be_plain = false)
{
    spelled_prefix found;
    while (found.characters < word.size() && found.size < text.size()) {
        const std::string_view rest = text.substr(found.size);
        const std::string_view wanted = word.substr(found.characters, 1);
        const bool is_plain = may_be_plain && same_name(rest.substr(0, 1), wanted);
        const spelled_character next = is_plain ? spelled_character{rest[0]} : read_spelled(rest);
        if (!same_name({&next.value, 1}, wanted)) {
            break;
        }
        ++found.characters;
        found.size += next.size;
    }
    return found;
}

/// Replaces each occurrence of `hidden` in `text`, or of a revealing prefix of it before `…`, by `[secret]`.
[[nodiscard]] inline std::string mask(std::string text, std::string_view hidden)
{
    constexpr std::size_t revealing = 4;
    if (hidden.empty()) {
        return text;
    }
    std::string masked;
    for (std::string_view rest = text; !rest.empty();) {
        // The secret may itself look like an escape.
        const spelled_prefix found = std::max(match_spelled(rest, hidden), match_spelled(rest, hidden, true));
        const bool is_cut = found.characters >= revealing && rest.substr(found.size).starts_with("…");
        const bool is_hidden = found.characters == hidden.size() || is_cut;
        masked += is_hidden ? std::string_view{"[secret]"} : rest.substr(0, 1);
        rest.remove_prefix(is_hidden ? found.size : 1);
    }
    return masked;
}

} // namespace sipher::detail
