// Decodes bytes as JavaScript does: any bytes become text.
#pragma once

#include <string>
#include <string_view>

namespace sipher::testing::detail {

/// Puts U+FFFD for each longest prefix of an incomplete character, and for each other invalid byte.
[[nodiscard]] std::string replace_invalid_utf_8(std::string_view bytes);

/// Decodes a JSON document in UTF-16 and escapes non-ASCII characters. A byte order mark overrides `big_endian`.
[[nodiscard]] std::string from_utf_16(std::string_view bytes, bool big_endian);

/// Replaces each escaped lone surrogate by U+FFFD: JavaScript accepts them, Boost.JSON does not.
void replace_lone_surrogates(std::string& document);

} // namespace sipher::testing::detail
