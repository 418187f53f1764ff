#pragma once

#include "base/http_date.hpp"

#include <sipher/clock.hpp>

#include <boost/json/fwd.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace sipher::detail {

/// `Retry-After` in seconds or as a date. A date is taken relative to the response's own `Date`, because the two clocks
/// need not agree, and to `wall` if there is none. Of several, one a line, the longest counts. Empty if all are
/// malformed or past; never more than 250 years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view values, std::string_view date,
                                                                         clock::wall_time wall);

/// `retryAfter` of the details of the service's error, in seconds.
[[nodiscard]] std::optional<std::chrono::milliseconds> stated_wait(const boost::json::value& details);

/// Time until a used-up quota is renewed: as the error's details say, or else at midnight UTC.
[[nodiscard]] std::optional<std::chrono::milliseconds> time_until_renewal(const boost::json::value& details,
                                                                          std::string_view date, clock::wall_time wall);

} // namespace sipher::detail
