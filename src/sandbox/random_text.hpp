#pragma once

#include <cstddef>
#include <string>

namespace sipher::testing::detail {

/// Random lower-case hexadecimal digits.
[[nodiscard]] std::string random_hexadecimal(std::size_t digits);
/// A random UUID (version 4).
[[nodiscard]] std::string random_uuid();

} // namespace sipher::testing::detail
