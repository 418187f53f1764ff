#pragma once

#include "cli_arguments.hpp"

#include <sipher/client.hpp>

#include <boost/asio/awaitable.hpp>

/// `watch ID`: reads the session repeatedly and prints it when it has changed, until it is gone.
boost::asio::awaitable<void> watch(sipher::client client, cli_arguments given);
