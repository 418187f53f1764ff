#pragma once

#include "base/http_date.hpp"

#include <sipher/clock.hpp>

#include <boost/json/fwd.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace sipher::detail {

/// `Retry-After` in seconds or as a date. A date is taken relative to the response's own `Date`, because the two clocks
/// need not agree, and to `wall` if there is none. Empty if it is malformed or past; never more than 250 years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, std::string_view date,
                                                                         clock::wall_time wall);

/// Time until a used-up quota is renewed: as the error's details say, or else at midnight UTC.
[[nodiscard]] std::optional<std::chrono::milliseconds> time_until_renewal(const boost::json::value& details,
                                                                          std::string_view date, clock::wall_time wall);

} // namespace sipher::detail
