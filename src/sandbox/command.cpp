#include "sandbox/command.hpp"

#include "sandbox/sandbox_arguments.hpp"

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <string_view>
#include <system_error>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

std::vector<std::string> apply(const environment& changes)
{
    std::vector<std::string> result;
    for (const auto& [name, value] : changes) {
        result.emplace_back(name).append("=").append(value);
    }
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string_view variable{*each};
        const std::string_view name = variable.substr(0, variable.find('='));
        if (std::none_of(changes.begin(), changes.end(), [name](const auto& change) { return change.first == name; })) {
            result.emplace_back(variable);
        }
    }
    return result;
}

/// The form that the `exec` functions take.
std::vector<char*> to_pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

/// @returns 0, or the error that kept it from running
int start(pid_t& child, std::vector<std::string> command, const environment& changes, const awaited_signals& signals)
{
    std::vector<std::string> variables = apply(changes);
    posix_spawnattr_t attributes{};
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &signals.mask_before());
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    const int problem = posix_spawnp(&child, command.front().c_str(), nullptr, &attributes, to_pointers(command).data(),
                                     to_pointers(variables).data());
    posix_spawnattr_destroy(&attributes);
    return problem;
}

/// Empty while it runs.
std::optional<int> exit_code(pid_t child)
{
    int status = 0;
    if (waitpid(child, &status, WNOHANG) != child) {
        return std::nullopt;
    }
    return WIFSIGNALED(status) ? exit_by_signal + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

awaited_signals::awaited_signals()
{
    // A command that inherits an ignored SIGCHLD could not learn how its own children ended.
    std::signal(SIGCHLD, SIG_DFL);
    sigemptyset(&awaited_);
    for (const int number : {SIGINT, SIGTERM, SIGQUIT, SIGCHLD}) {
        sigaddset(&awaited_, number);
    }
    struct sigaction hang_up {};
    sigaction(SIGHUP, nullptr, &hang_up);
    if (hang_up.sa_handler != SIG_IGN) {
        sigaddset(&awaited_, SIGHUP);
    }
    sigset_t blocked = awaited_;
    // The reader of the output may be gone; the write then fails.
    sigaddset(&blocked, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &blocked, &mask_before_);
}

siginfo_t awaited_signals::wait() const
{
    siginfo_t info{};
    while (sigwaitinfo(&awaited_, &info) < 0) {
        // Interrupted by a debugger, or by a stop and continue.
    }
    return info;
}

int run_command(const std::vector<std::string>& command, const environment& changes, const awaited_signals& signals)
{
    pid_t child = 0;
    if (const int problem = start(child, command, changes, signals); problem != 0) {
        std::cerr << "sipher-sandbox: " << command.front() << ": " << std::generic_category().message(problem) << "\n";
        return problem == ENOENT ? exit_not_found : exit_not_runnable;
    }
    while (true) {
        const siginfo_t received = signals.wait();
        if (received.si_signo == SIGCHLD) {
            if (const std::optional<int> code = exit_code(child)) {
                return *code;
            }
        } else if (received.si_code != SI_KERNEL) {
            // A terminal's own signals, such as on Ctrl-C, also reach the command directly.
            kill(child, received.si_signo);
        }
    }
}
