#pragma once

#include "cli_arguments.hpp"

#include <sipher/error.hpp>

#include <string_view>

/// Who is to blame.
cli_exit_code exit_code(const sipher::error& problem);

/// One line on the standard error output.
void complain(std::string_view text);

/// As above; with a create that may have been applied, also what has become of the session then.
void complain(const sipher::error& problem);
