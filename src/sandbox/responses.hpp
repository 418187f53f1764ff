// What the service says: its envelope, its refusals and its header fields.
#pragma once

#include "sandbox/message.hpp"

#include <sipher/clock.hpp>
#include <sipher/response_info.hpp>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace sipher::testing::detail {

/// Thrown by whatever part of the service declines a request.
struct refusal {
    unsigned status;
    std::string_view code;
    std::string message;
    /// Null: the response has none.
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

/// Adds the fields that the service's framework puts on every response, before its own; a read of what the client has
/// already becomes a 304.
void add_standard_fields(response& made, const request& received, clock::wall_time now);

/// Such as `2026-11-24T00:00:00.000Z`.
[[nodiscard]] std::string to_iso_8601(clock::wall_time when);

/// What `GET /v1/errors` lists.
[[nodiscard]] boost::json::value error_catalogue();

} // namespace sipher::testing::detail
