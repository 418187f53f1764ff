#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <string>

namespace sipher::detail {

/// The shortest decimal that parses as `value` again, without an exponent, regardless of the locale.
inline std::string number_text(double value)
{
    // Room for the longest such text, which is that of the smallest number.
    std::array<char, 1088> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed).ptr;
    return {digits.data(), end};
}

/// In seconds.
inline std::string seconds_text(std::chrono::nanoseconds duration)
{
    return number_text(std::chrono::duration<double>{duration}.count());
}

} // namespace sipher::detail
