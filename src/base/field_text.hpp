#pragma once

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>

namespace sipher::detail {

/// Removes surrounding spaces; by default those that have no meaning in a header field.
[[nodiscard]] inline std::string_view trimmed(std::string_view text, std::string_view spaces = " \t")
{
    text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
    return text.substr(0, text.find_last_not_of(spaces) + 1);
}

/// Compares names of header fields (case-insensitive).
[[nodiscard]] inline bool same_name(std::string_view one, std::string_view other)
{
    return one.size() == other.size() && boost::beast::iequals(one, other);
}

/// The meaning of a field's name.
template <class Meaning>
struct named_field {
    std::string_view name;
    Meaning meaning;
};

template <class Meaning, std::size_t Count>
[[nodiscard]] Meaning find_field(const std::array<named_field<Meaning>, Count>& known, std::string_view name,
                                 Meaning otherwise)
{
    const auto found =
        std::ranges::find_if(known, [name](const named_field<Meaning>& each) { return same_name(name, each.name); });
    return found == known.end() ? otherwise : found->meaning;
}

/// Parses digits only; empty for anything else, and on overflow.
template <class Number>
[[nodiscard]] std::optional<Number> to_number(std::string_view text)
{
    Number value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, failure] = std::from_chars(text.data(), last, value);
    return failure == std::errc{} && end == last ? std::optional{value} : std::nullopt;
}

/// The same with spaces and tabs around it.
[[nodiscard]] inline std::optional<unsigned> read_number(std::string_view text)
{
    return to_number<unsigned>(trimmed(text));
}

} // namespace sipher::detail
