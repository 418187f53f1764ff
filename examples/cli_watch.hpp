#pragma once

#include "cli_arguments.hpp"

#include <sipher/client.hpp>

#include <boost/asio/awaitable.hpp>

/// `watch ID`: reads the session again and again, and prints it when it is not what it was; until it is gone.
boost::asio::awaitable<void> watch(sipher::client client, cli_arguments given);
