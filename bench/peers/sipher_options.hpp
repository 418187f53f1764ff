#pragma once

#include "arguments.hpp"
#include "wire.hpp"

#include <sipher/client_options.hpp>

#include <cstddef>

namespace bench {

/// All that a user must say; the rest is as it is by default.
/// @param waiting Calls that may wait for a connection.
inline sipher::client_options sipher_options(const arguments& settings, std::size_t waiting)
{
    sipher::client_options options;
    options.base_url = "https://localhost:" + settings.port;
    options.api_key = sipher::secret{wire::api_key};
    options.user_agent = wire::user_agent;
    options.tls.ca_file = settings.ca_file;
    options.pool.max_connections = settings.connections;
    options.pool.max_waiting = waiting;
    return options;
}

} // namespace bench
