#pragma once

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

/// Parses `text` as a whole number.
/// @throws std::invalid_argument that names the argument
inline std::uint32_t parse_number(std::string_view text, const std::string& name, std::uint32_t most)
{
    std::uint32_t number = 0;
    const char* const last = text.data() + text.size();
    const auto [end, failure] = std::from_chars(text.data(), last, number);
    if (failure != std::errc{} || end != last || number > most) {
        throw std::invalid_argument{name + ": must be a whole number, at most " + std::to_string(most)};
    }
    return number;
}
