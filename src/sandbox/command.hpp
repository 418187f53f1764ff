// Signals of the program sipher-sandbox, and the command that it runs.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Signals that end a program, waited for instead of suffered: nothing that must be tidied up is left behind.
///
/// To be made before any other thread, which then leaves them to this one.
class awaited_signals {
public:
    awaited_signals();
    awaited_signals(const awaited_signals&) = delete;
    awaited_signals& operator=(const awaited_signals&) = delete;
    ~awaited_signals() = default;

    /// The next of SIGINT, SIGTERM, SIGQUIT, SIGCHLD, and SIGHUP unless it is ignored (as under `nohup`).
    [[nodiscard]] siginfo_t wait() const;
    /// What was blocked before.
    [[nodiscard]] const sigset_t& mask_before() const noexcept { return mask_before_; }

private:
    sigset_t awaited_{};
    sigset_t mask_before_{};
};

/// Name and value each.
using environment = std::vector<std::pair<std::string, std::string>>;

/// Runs a program, found as a shell finds it, in this program's environment with `changes`, until it ends; signals are
/// passed on to it.
/// @returns its exit code as shells have it: 128 and the signal if one ended it, 126 or 127 if it could not be started.
[[nodiscard]] int run_command(const std::vector<std::string>& command, const environment& changes,
                              const awaited_signals& signals);
