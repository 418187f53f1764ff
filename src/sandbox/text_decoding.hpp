#pragma once

#include <string>
#include <string_view>

/// How JavaScript makes text of bytes: whatever they are, it is text.
namespace sipher::testing::detail {

/// With U+FFFD for each longest beginning of a character that does not go on, and for each other byte that is none.
[[nodiscard]] std::string replace_invalid_utf_8(std::string_view bytes);

/// UTF-8 of UTF-16, with U+FFFD for half a surrogate pair. A byte order mark decides over `big_endian`.
[[nodiscard]] std::string from_utf_16(std::string_view bytes, bool big_endian);

/// A JSON document in which each escaped half of a surrogate pair is U+FFFD: JavaScript takes them, Boost.JSON does
/// not.
[[nodiscard]] std::string replace_lone_surrogates(std::string_view document);

} // namespace sipher::testing::detail
