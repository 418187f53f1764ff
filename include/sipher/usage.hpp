#pragma once

#include <sipher/config.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <type_traits>

namespace sipher {

/// A day's requests: how many the service has counted, and how many it allows.
struct SIPHER_API quota_usage {
    quota_usage() = default;

    unsigned count = 0;
    unsigned quota = 0;

    /// Zero if more were counted than are allowed.
    [[nodiscard]] unsigned left() const noexcept { return quota > count ? quota - count : 0; }
};

static_assert(!std::is_aggregate_v<quota_usage>);

/// The key's use of its daily quota. A day ends at midnight UTC; the service counts requests that succeed.
struct SIPHER_API usage {
    usage() = default;

    std::chrono::sys_days date;
    /// For example `pro`.
    std::string tier;
    quota_usage total;
    /// By category of endpoints, such as `session` and `stealth`.
    std::map<std::string, quota_usage, std::less<>> categories;
};

static_assert(!std::is_aggregate_v<usage>);

} // namespace sipher
