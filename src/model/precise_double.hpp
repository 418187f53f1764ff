// The double nearest to a decimal number.
#pragma once

#include <optional>
#include <string>

namespace sipher::detail {

/// Nothing for what is no number, or beyond the range of a double.
[[nodiscard]] std::optional<double> precise_double(const std::string& text);

} // namespace sipher::detail
