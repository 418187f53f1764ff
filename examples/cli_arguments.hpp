#pragma once

#include <sipher/session.hpp>
#include <sipher/session_id.hpp>
#include <sipher/verb.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>

enum class cli_command { create, get, update, delete_, list, watch, request };

enum class cli_output { json, table };

/// The parsed command line.
struct cli_arguments {
    cli_arguments() = default;

    cli_command command = cli_command::create;
    sipher::session_defaults defaults;
    /// Zero: chosen by the service.
    std::chrono::seconds time_to_live{};
    /// The session to get, update, delete or watch, or to run a request under.
    std::optional<sipher::session_id> session;
    sipher::verb method = sipher::verb::get;
    std::string target;
    std::optional<boost::json::value> body;
    std::optional<std::chrono::milliseconds> timeout;
    /// Number of sessions to create; unset: one, without a batch.
    std::optional<std::size_t> count;
    /// Read the sessions to delete from standard input.
    bool from_input = false;
    /// Check each session of the list on the service.
    bool check = false;
    /// How often a watched session is read.
    std::chrono::milliseconds every{};
    cli_output output = cli_output::json;
    bool verbose = false;
};

enum cli_exit_code { exit_done = 0, exit_refused = 1, exit_usage = 2, exit_transport = 3 };

/// @returns the arguments, or the exit code to end with: after wrong usage, or for help.
/// @throws sipher::error when an argument breaks a rule of the API.
std::variant<cli_arguments, cli_exit_code> parse_arguments(int count, char** values);
