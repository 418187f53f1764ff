#pragma once

#include "sandbox/message.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>

namespace sipher::testing::detail {

/// Bytes of a body that the service takes, after decompression.
inline constexpr std::size_t largest_body = std::size_t{1024} * 1024;

/// The JSON document in the body; nothing if there is no body or it is not declared as JSON.
/// @throws refusal when the body is too large, of an encoding or charset that is not known, or not JSON.
[[nodiscard]] std::optional<boost::json::value> parse_body(const request& received);

} // namespace sipher::testing::detail
