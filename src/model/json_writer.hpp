// Writes the JSON texts of requests.
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace sipher::detail {

/// Throws `errc::invalid_request`, naming the location, for a number that JSON cannot express. Afterwards no memory
/// other than the result's contains any of the text.
[[nodiscard]] std::string write_json(const boost::json::value& in);

/// Overwrites the texts of all members called `defaultViewingKey`.
void wipe_viewing_keys(boost::json::value& in) noexcept;

} // namespace sipher::detail
