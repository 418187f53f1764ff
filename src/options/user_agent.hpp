#pragma once

#include <sipher/client_options.hpp>
#include <sipher/version.hpp>

#include <string_view>

namespace sipher::detail {

/// Value of the field `User-Agent`.
[[nodiscard]] inline std::string_view user_agent_of(const client_options& options) noexcept
{
    return options.user_agent.empty() ? "sipher-cpp/" SIPHER_VERSION : std::string_view{options.user_agent};
}

} // namespace sipher::detail
