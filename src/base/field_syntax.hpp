#pragma once

#include <array>
#include <string_view>

namespace sipher::detail {

/// RFC 9110, 5.6.2: the characters of a field's name.
inline constexpr std::array<bool, 256> token_characters = [] {
    std::array<bool, 256> is_token{};
    for (const char each : std::string_view{"!#$%&'*+-.^_`|~0123456789"
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
        is_token[static_cast<unsigned char>(each)] = true;
    }
    return is_token;
}();

[[nodiscard]] inline bool is_token_character(char each)
{
    return token_characters[static_cast<unsigned char>(each)];
}

/// Not allowed in values: control characters other than tab. (Branch-free, so that loops can be vectorized.)
[[nodiscard]] inline bool is_control_character(char each)
{
    const auto byte = static_cast<unsigned char>(each);
    return ((static_cast<unsigned>(byte < 0x20) & static_cast<unsigned>(byte != '\t')) |
            static_cast<unsigned>(byte == 0x7F)) != 0;
}

} // namespace sipher::detail
