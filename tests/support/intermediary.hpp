#pragma once

#include <sipher/error_code.hpp>

namespace sipher::test {

/// Whether the code says that the response was not the service's; never with a library that does not tell.
template <class Condition = condition>
bool blames_an_intermediary(const boost::system::error_code& code)
{
    if constexpr (requires { Condition::intermediary; }) {
        return code == Condition::intermediary;
    } else {
        return false;
    }
}

} // namespace sipher::test
