// Errors as lines and exit codes.

#include "cli_error.hpp"

#include <cerrno>
#include <iostream>
#include <string>

namespace {

bool may_have_created(const sipher::error& problem)
{
    return problem.operation() == "create_session" &&
           (problem.outcome() == sipher::outcome::unknown || problem.outcome() == sipher::outcome::applied_result_lost);
}

} // namespace

cli_exit_code exit_code(const sipher::error& problem)
{
    if (problem.code() == sipher::errc::invalid_request) {
        return exit_usage;
    }
    const bool refused = problem.code().category() == sipher::service_category() ||
                         problem.code() == sipher::condition::rate_limited ||
                         problem.code() == sipher::errc::session_gone;
    return refused ? exit_refused : exit_transport;
}

void complain(std::string_view text)
{
    std::cerr << program_invocation_short_name << ": " << text << "\n";
}

void complain(const sipher::error& problem)
{
    std::string text = problem.what();
    if (may_have_created(problem)) {
        text += "; a session may exist that `list` does not show: its id was in the lost response, so quote the "
                "request id to the service's support";
    }
    complain(text);
}
