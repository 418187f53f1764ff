// What the service reads in a request's body.
#pragma once

#include "sandbox/message.hpp"

#include <boost/json/value.hpp>

#include <optional>

namespace sipher::testing::detail {

/// The JSON document in the body; nothing if there is no body or it is not declared as JSON. Unlike the real service's,
/// it may not be compressed.
/// @throws refusal when the body is too large, of an encoding or charset that is not known, or not JSON.
[[nodiscard]] std::optional<boost::json::value> parse_body(const request& received);

} // namespace sipher::testing::detail
