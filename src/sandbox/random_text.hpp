// Unpredictable text.
#pragma once

#include <cstddef>
#include <string>

namespace sipher::testing::detail {

/// Random bytes in lower-case hexadecimal digits.
[[nodiscard]] std::string random_hexadecimal(std::size_t bytes);
/// A random UUID (version 4).
[[nodiscard]] std::string random_uuid();

} // namespace sipher::testing::detail
