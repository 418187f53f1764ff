#pragma once

#include <boost/system/error_code.hpp>

#include <string>

namespace sipher::detail {

/// Thrown where a connection cannot be made.
struct connect_failure {
    boost::system::error_code code;
    /// For people.
    std::string problem;
    /// Another try would end the same way.
    bool permanent = false;
};

} // namespace sipher::detail
