// The service's own validation of requests. It shares nothing with the client's, so that a mistake in one shows in the
// other.
#pragma once

#include <sipher/session.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace sipher::testing::detail {

/// A create or update request as the service understood it, or the issues that it found.
struct session_request {
    /// The members known to the service, in its own order; others are dropped.
    boost::json::object defaults;
    std::chrono::seconds time_to_live{3600};
    /// Empty: the request is valid.
    boost::json::array issues;
};

[[nodiscard]] session_request validate_create(const std::optional<boost::json::value>& body);
[[nodiscard]] session_request validate_update(const std::optional<boost::json::value>& body);
/// The issues of a request that uses a session: of the defaults, routes read only the chain.
[[nodiscard]] boost::json::array validate_use(const std::optional<boost::json::value>& body);

/// Adds the members that are defaults of sessions.
void copy_defaults(const boost::json::object& from, boost::json::object& to);
/// The defaults among the valid members.
[[nodiscard]] session_defaults to_defaults(const boost::json::object& from);

[[nodiscard]] bool is_session_id(std::string_view text);

} // namespace sipher::testing::detail
