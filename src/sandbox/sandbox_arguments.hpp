// The command line of the program sipher-sandbox.
#pragma once

#include <sipher/testing/sandbox.hpp>

#include <string>
#include <variant>
#include <vector>

enum sandbox_exit_code {
    exit_done = 0,
    exit_failed = 1,
    exit_usage = 2,
    // The exit code of shells that cannot run a command.
    exit_not_runnable = 126,
    exit_not_found = 127,
    exit_by_signal = 128
};

struct sandbox_arguments {
    sandbox_arguments() = default;

    sipher::testing::sandbox_options options;
    /// Empty: a file that exists as long as the program runs.
    std::string ca_file;
    bool print_environment = false;
    /// Program and arguments to run; empty: none.
    std::vector<std::string> command;
};

/// @returns the arguments, or the exit code to end with: after wrong usage, or for help.
std::variant<sandbox_arguments, sandbox_exit_code> parse_arguments(int count, char** values);
