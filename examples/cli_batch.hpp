#pragma once

#include "cli_arguments.hpp"
#include "cli_state.hpp"

#include <sipher/client.hpp>
#include <sipher/error.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>

/// `create --count N`, `delete -` and `list --check`: prints the result of each on one line, in order, when all have
/// ended or after Ctrl-C; on a terminal also a progress bar.
/// @returns the first failure, if there was one
boost::asio::awaitable<std::optional<sipher::error>> run_batch(sipher::client client, cli_arguments given,
                                                               state_file state);
