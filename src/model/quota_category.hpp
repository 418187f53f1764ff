#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sipher::detail {

/// Categories of the service's endpoints, each with its own daily quota.
enum class quota_category : std::uint8_t {
    session,
    stealth,
    commitment,
    transfer,
    scan,
    viewing_key,
    privacy,
    swap,
    governance,
    compliance,
    jito,
    compute,
};

constexpr std::size_t quota_categories = 12;

/// As the service writes them.
constexpr std::array<std::string_view, quota_categories> quota_category_names{
    "session", "stealth", "commitment", "transfer",   "scan", "viewing_key",
    "privacy", "swap",    "governance", "compliance", "jito", "compute"};

[[nodiscard]] constexpr std::string_view to_string(quota_category value) noexcept
{
    return quota_category_names[static_cast<std::size_t>(value)];
}

/// The category of a path with or without a query; empty for endpoints that are not metered.
[[nodiscard]] std::optional<quota_category> quota_category_of(std::string_view target) noexcept;

[[nodiscard]] std::optional<quota_category> quota_category_named(std::string_view name) noexcept;

} // namespace sipher::detail
