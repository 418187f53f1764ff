#pragma once

#include "cli_arguments.hpp"
#include "cli_state.hpp"

#include <sipher/client.hpp>
#include <sipher/error.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>

/// `create --count N`, `delete -` and `list --check`: prints what comes of each in a line, in their order, when all
/// have ended or after Ctrl-C; and with a terminal a bar of how far it has come.
/// @returns the first failure, if there was one
boost::asio::awaitable<std::optional<sipher::error>> run_batch(sipher::client client, cli_arguments given,
                                                               state_file state);
