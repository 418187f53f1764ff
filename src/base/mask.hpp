// Masks secrets in foreign texts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace sipher::detail {

/// Size of the longest prefix of `hidden` that `text` ends with, if long enough to be revealing.
[[nodiscard]] inline std::size_t cut_secret_size(std::string_view text, std::string_view hidden)
{
    constexpr std::size_t shortest = 4;
    for (std::size_t size = std::min(text.size(), hidden.size()); size >= shortest; --size) {
        if (text.ends_with(hidden.substr(0, size))) {
            return size;
        }
    }
    return 0;
}

/// Replaces each occurrence of `hidden` in `text`, or of its prefix before `…`, by `[secret]`.
[[nodiscard]] inline std::string mask(std::string text, std::string_view hidden)
{
    constexpr std::string_view placeholder = "[secret]";
    constexpr std::string_view ellipsis = "…";
    if (hidden.empty()) {
        return text;
    }
    for (std::size_t at = text.find(hidden); at != std::string::npos; at = text.find(hidden, at)) {
        text.replace(at, hidden.size(), placeholder);
        at += placeholder.size();
    }
    for (std::size_t at = text.find(ellipsis); at != std::string::npos; at = text.find(ellipsis, at + 1)) {
        if (const std::size_t size = cut_secret_size(std::string_view{text}.substr(0, at), hidden); size != 0) {
            text.replace(at - size, size, placeholder);
            at += placeholder.size() - size;
        }
    }
    return text;
}

} // namespace sipher::detail
