#pragma once

#include "sandbox/message.hpp"

#include <sipher/clock.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace sipher::testing::detail {

/// Thrown by whatever part of the service declines a request.
struct refusal {
    unsigned status;
    std::string_view code;
    std::string message;
    /// Null: the answer has none.
    boost::json::value details;
    header_list headers;
};

/// `{"success":true,"data":…}`
[[nodiscard]] response success(unsigned status, boost::json::value data);
/// `{"success":false,"error":{…}}`
[[nodiscard]] response failure(const refusal& why);
/// What a health endpoint says when things are bad: no `error` member.
[[nodiscard]] response unhealthy(boost::json::value data);

[[nodiscard]] refusal invalid_request(boost::json::array issues);

/// The fields that the service's framework puts on every answer, before the answer's own.
[[nodiscard]] header_list standard_headers(const response& answer, const request& asked, clock::wall_time now);

/// Such as `2026-11-24T00:00:00.000Z`.
[[nodiscard]] std::string to_iso_8601(clock::wall_time when);

/// What `GET /v1/errors` lists.
[[nodiscard]] boost::json::value error_catalogue();

} // namespace sipher::testing::detail
