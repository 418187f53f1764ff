// How JavaScript makes text of bytes: whatever they are, it is text.
#pragma once

#include <string>
#include <string_view>

namespace sipher::testing::detail {

/// With U+FFFD for each longest beginning of a character that does not go on, and for each other byte that is none.
[[nodiscard]] std::string replace_invalid_utf_8(std::string_view bytes);

/// A JSON document in UTF-16, with what is not ASCII escaped. A byte order mark decides over `big_endian`.
[[nodiscard]] std::string from_utf_16(std::string_view bytes, bool big_endian);

/// Makes U+FFFD of each escaped half of a surrogate pair: JavaScript takes them, Boost.JSON does not.
void replace_lone_surrogates(std::string& document);

} // namespace sipher::testing::detail
