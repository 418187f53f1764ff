#pragma once

#include "model/decode.hpp"
#include "model/quota_category.hpp"

#include <sipher/usage.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string_view>

namespace sipher::detail {

/// Decodes the `data` of `GET /v1/billing/usage`, which stands at `path`.
[[nodiscard]] decoded<usage> decode_usage(const boost::json::value& in, std::string_view path);

/// What the details of a `DAILY_QUOTA_EXCEEDED` say.
struct quota_refusal {
    std::optional<quota_category> category;
    /// Zero: they do not say it.
    unsigned limit = 0;
};
[[nodiscard]] quota_refusal read_quota_refusal(const boost::json::value& details) noexcept;

} // namespace sipher::detail
