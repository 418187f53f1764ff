// Signals of the program sipher-sandbox, and the command it runs.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Waits synchronously for the signals that end a program, so that it can clean up.
///
/// Create it before any other thread, so that other threads inherit the blocked signals.
class awaited_signals {
public:
    awaited_signals();
    awaited_signals(const awaited_signals&) = delete;
    awaited_signals& operator=(const awaited_signals&) = delete;
    ~awaited_signals() = default;

    /// The next of SIGINT, SIGTERM, SIGQUIT, SIGCHLD, and SIGHUP unless it is ignored (as under `nohup`).
    [[nodiscard]] siginfo_t wait() const;
    /// The previous signal mask.
    [[nodiscard]] const sigset_t& mask_before() const noexcept { return mask_before_; }

private:
    sigset_t awaited_{};
    sigset_t mask_before_{};
};

/// Name and value each.
using environment = std::vector<std::pair<std::string, std::string>>;

/// Runs a program, searched for as by a shell, in this program's environment with `changes`, until it ends; passes
/// signals on to it.
/// @returns its exit code as in shells: 128 plus the signal that ended it, 126 or 127 if it could not be started.
[[nodiscard]] int run_command(const std::vector<std::string>& command, const environment& changes,
                              const awaited_signals& signals);
