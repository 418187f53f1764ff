#pragma once

#include "options/base_url.hpp"

#include <string_view>

namespace sipher::detail {

/// Whether a list such as `NO_PROXY` matches the server. Malformed entries match nothing.
[[nodiscard]] bool is_excluded(std::string_view no_proxy, const base_url& server);

/// @throws sipher::error with `errc::invalid_request` for an invalid network in the list, such as `10.0.0.0/99`.
void validate_no_proxy(std::string_view no_proxy, std::string_view field);

} // namespace sipher::detail
