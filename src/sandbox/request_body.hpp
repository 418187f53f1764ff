// How the service reads a request's body.
#pragma once

#include "sandbox/message.hpp"

#include <boost/json/value.hpp>

#include <optional>

namespace sipher::testing::detail {

/// The JSON document in the body; empty if there is no body or it is not declared as JSON. Unlike with the real
/// service, it must not be compressed.
/// @throws refusal when the body is too large, in an unknown encoding or charset, or not JSON.
[[nodiscard]] std::optional<boost::json::value> parse_body(const request& received);

} // namespace sipher::testing::detail
