#pragma once

#include "model/decode.hpp"
#include "model/quota_category.hpp"

#include <sipher/usage.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string_view>

namespace sipher::detail {

/// Decodes the `data` of `GET /v1/billing/usage`, which is at `path`.
[[nodiscard]] decoded<usage> decode_usage(const boost::json::value& in, std::string_view path);

/// The details of a `DAILY_QUOTA_EXCEEDED`.
struct quota_refusal {
    std::optional<quota_category> category;
    /// Zero: not stated.
    unsigned limit = 0;
};
[[nodiscard]] quota_refusal read_quota_refusal(const boost::json::value& details) noexcept;

} // namespace sipher::detail
