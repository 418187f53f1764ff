// Hides secrets in texts that others made.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sipher::detail {

/// `text` with `[secret]` in each place where `hidden` stands in it.
[[nodiscard]] inline std::string mask(std::string text, std::string_view hidden)
{
    constexpr std::string_view placeholder = "[secret]";
    if (hidden.empty()) {
        return text;
    }
    for (std::size_t at = text.find(hidden); at != std::string::npos; at = text.find(hidden, at)) {
        text.replace(at, hidden.size(), placeholder);
        at += placeholder.size();
    }
    return text;
}

} // namespace sipher::detail
