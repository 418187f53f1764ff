#pragma once

#include "options/base_url.hpp"

#include <string_view>

namespace sipher::detail {

/// Whether a list such as `NO_PROXY` names the server. What cannot be read in it names none.
[[nodiscard]] bool is_excluded(std::string_view no_proxy, const base_url& server);

/// @throws sipher::error with `errc::invalid_request` if a network of the list is none, as `10.0.0.0/99`.
void validate_no_proxy(std::string_view no_proxy, std::string_view field);

} // namespace sipher::detail
