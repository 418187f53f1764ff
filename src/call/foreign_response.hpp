// Describes a response that did not come from the service.
#pragma once

#include "http1/response_head.hpp"

#include <string>
#include <string_view>

namespace sipher::detail {

/// One printable line that begins with the status: what was received, from which source if known, and what to do.
[[nodiscard]] std::string describe_foreign(const response_head& head, std::string_view body);

} // namespace sipher::detail
