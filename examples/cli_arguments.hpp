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

/// What the command line asks for.
struct cli_arguments {
    cli_arguments() = default;

    cli_command command = cli_command::create;
    sipher::session_defaults defaults;
    /// Zero: left to the service.
    std::chrono::seconds time_to_live{};
    /// What to get, update, delete or watch, or what to run a request under.
    std::optional<sipher::session_id> session;
    sipher::verb method = sipher::verb::get;
    std::string target;
    std::optional<boost::json::value> body;
    std::optional<std::chrono::milliseconds> timeout;
    /// How many to create; unset: one, which is not a batch.
    std::optional<std::size_t> count;
    /// What to delete comes from the standard input.
    bool from_input = false;
    /// The service is asked for each session of the list.
    bool check = false;
    /// How often a watched session is read.
    std::chrono::milliseconds every{};
    cli_output output = cli_output::json;
    bool verbose = false;
};

enum cli_exit_code { exit_done = 0, exit_refused = 1, exit_usage = 2, exit_transport = 3 };

/// @returns the arguments, or the exit code with which the program ends here: usage was wrong, or only help wanted.
/// @throws sipher::error when an argument breaks a rule of the API.
std::variant<cli_arguments, cli_exit_code> parse_arguments(int count, char** values);
