#pragma once

#include "cli_arguments.hpp"

#include <sipher/error.hpp>

#include <string_view>

/// The exit code for an error.
cli_exit_code exit_code(const sipher::error& problem);

/// Prints one line to standard error.
void complain(std::string_view text);

/// The same for an error; for a create that may have been applied, also what that means for the session.
void complain(const sipher::error& problem);
