#pragma once

#include <sipher/response_info.hpp>

#include <string_view>

namespace sipher::detail {

/// Takes what one header field tells of the rate limit into `state`: `RateLimit-Limit`, `-Remaining`, `-Reset`,
/// `-Policy` (`100;w=60`), and the structured forms `RateLimit: limit=100, remaining=3, reset=7` and
/// `RateLimit: "default";r=3;t=7`. What is malformed, or said a second time, is passed over; other fields too.
void read_rate_limit_field(rate_limit_state& state, std::string_view name, std::string_view value);

} // namespace sipher::detail
