#pragma once

#include "cli_arguments.hpp"
#include "cli_state.hpp"

#include <sipher/session.hpp>

#include <string>
#include <vector>

/// Prints a line of JSON for each, or, unless there are none, a table with a header, in which a viewing key is
/// `[secret]`.
void print(const std::vector<sipher::session>& sessions, cli_output output);
void print(const std::vector<sipher::deleted_session>& sessions, cli_output output);
void print(const std::vector<known_session>& sessions, cli_output output);

/// In UTC, in ISO 8601 format.
std::string to_text(sipher::timestamp time);
