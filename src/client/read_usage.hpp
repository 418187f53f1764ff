#pragma once

#include "call/client_state.hpp"

#include <sipher/call_options.hpp>
#include <sipher/usage.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace sipher::detail {

/// Asks the service how much of its quotas the key has used, and lets the client count from there.
[[nodiscard]] boost::asio::awaitable<usage> read_usage(std::shared_ptr<client_state> services, call_options options);

} // namespace sipher::detail
