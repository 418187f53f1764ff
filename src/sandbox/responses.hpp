// The service's responses: envelope, refusals and header fields.
#pragma once

#include "sandbox/message.hpp"

#include <sipher/clock.hpp>
#include <sipher/response_info.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace sipher::testing::detail {

/// Thrown by any part of the service that declines a request.
struct refusal {
    unsigned status;
    std::string_view code;
    std::string message;
    /// Null: no details.
    boost::json::value details = nullptr;
    header_list headers{};
};

[[nodiscard]] response page(std::string_view content_type, std::string body);
[[nodiscard]] response to_response(unsigned status, const boost::json::value& document);
/// `{"success":true,"data":…}`
[[nodiscard]] response success(unsigned status, boost::json::value data);
/// `{"success":false,"error":{…}}`
[[nodiscard]] response failure(refusal why);

[[nodiscard]] refusal invalid_request(boost::json::array issues);
[[nodiscard]] refusal internal_error(std::string_view details);

/// Adds the fields that the service's framework puts on every response, before its own; a read of a resource that the
/// client already has becomes a 304.
void add_standard_fields(response& made, const request& received, clock::wall_time now);

/// Such as `2026-11-24T00:00:00.000Z`.
[[nodiscard]] std::string to_iso_8601(clock::wall_time when);

/// The list of `GET /v1/errors`.
[[nodiscard]] boost::json::value error_catalogue();

} // namespace sipher::testing::detail
