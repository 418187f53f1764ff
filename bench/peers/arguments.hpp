#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace bench {

enum class operation { get, create, update, remove };

/// The arguments of every client program of the bench, whatever library it uses.
struct arguments {
    std::string port;
    std::string ca_file;
    /// Connections at a time.
    std::size_t connections = 64;
    /// Calls under way at a time; more than there are connections wait for one.
    std::size_t calls = 0;
    /// Calls in all. Zero: until the program is stopped.
    std::uint64_t operations = 0;
    bench::operation operation = bench::operation::get;
    /// A new connection for each call.
    bool fresh = false;
    /// Once all calls are done, says so and keeps its connections until the program is stopped.
    bool linger = false;
    /// How long connections may be idle; zero: as by default.
    std::uint64_t idle_seconds = 0;
    /// How long the server keeps an idle connection, and how many seconds pass for the client in one.
    std::uint64_t kept_seconds = 75;
    std::uint64_t speed = 1;
    /// Where the client finds the TLS tickets of a process before it, and leaves its own; empty: nowhere.
    std::string ticket_file;
    /// Calls that arrive in a second, and for how many seconds, where they arrive by themselves.
    std::uint64_t rate = 1000;
    std::uint64_t seconds = 2;
};

/// A client program, but for what it does: reads the command line, which ends the program with its usage and exit code
/// 2 if something is wrong with it, and reports what `run` throws.
/// @return The exit code.
int run_program(const char* name, int count, char** values, void (*run)(const arguments&));

/// How many calls are still to be begun.
class budget {
public:
    explicit budget(std::uint64_t operations) : endless_(operations == 0), left_(operations) {}

    bool take()
    {
        if (endless_) {
            return true;
        }
        if (left_ == 0) {
            return false;
        }
        --left_;
        return true;
    }

private:
    bool endless_;
    std::uint64_t left_;
};

} // namespace bench
