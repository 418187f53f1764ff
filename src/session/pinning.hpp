#pragma once

#include <sipher/session.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace sipher::detail {

/// Adds to a JSON object every default that it has no member for, as the service does for a session that it knows:
/// an explicit member wins, a null one too, and anything but an object stays as it is.
/// @return The names of the members that were added.
std::vector<std::string> pin_defaults(boost::json::value& body, const session_defaults& defaults);

} // namespace sipher::detail
