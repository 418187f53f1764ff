// Writes the JSON texts of requests.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace sipher::detail {

/// Throws `errc::invalid_request` that names the place of a number that JSON cannot express. No memory but that of
/// the result holds any of the text afterwards.
[[nodiscard]] std::string write_json(const boost::json::value& in);

/// Overwrites the texts of all members called `defaultViewingKey`.
void wipe_viewing_keys(boost::json::value& in) noexcept;

} // namespace sipher::detail
