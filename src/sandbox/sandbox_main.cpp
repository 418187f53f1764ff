#include "sandbox/command.hpp"
#include "sandbox/sandbox_arguments.hpp"
#include "sandbox/temporary_file.hpp"

#include <sipher/testing/sandbox.hpp>

#include <boost/system/system_error.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>

#include <unistd.h>

namespace {

namespace testing = sipher::testing;

void write_file(const std::string& name, const std::string& content)
{
    std::ofstream out{name, std::ios::binary | std::ios::trunc};
    out << content;
    out.close();
    if (!out) {
        throw std::runtime_error{name + ": cannot be written"};
    }
}

/// Quotes for any POSIX shell.
std::string quoted(const std::string& text)
{
    std::string result = "'";
    for (const char letter : text) {
        result.append(letter == '\'' ? "'\\''" : std::string(1, letter));
    }
    return result + "'";
}

void print_environment(const environment& variables)
{
    for (const auto& [name, value] : variables) {
        std::cout << "export " << name << "=" << quoted(value) << "\n";
    }
    std::cout << "export SIPHER_SANDBOX_PID=" << getpid() << std::endl;
}

void print_use(const testing::sandbox& service, const environment& variables)
{
    std::cout << "Sessions service at " << service.base_url() << "\n\nUse it with\n\n    export";
    for (const auto& [name, value] : variables) {
        std::cout << " " << name << "=" << quoted(value);
    }
    std::cout << "\n\nand end it with Ctrl-C." << std::endl;
}

void wait_for_end(const awaited_signals& signals)
{
    while (signals.wait().si_signo == SIGCHLD) {
        // From a child inherited from before `exec`, not one of ours.
    }
}

int serve(const sandbox_arguments& given)
{
    // Before anything is printed: a reader of the output may already send a signal.
    const awaited_signals signals;
    const testing::sandbox service{given.options};
    std::unique_ptr<temporary_file> authority;
    environment variables{{"SIPHER_BASE_URL", service.base_url()},
                          {"SIPHER_API_KEY", std::string{service.options().api_key.reveal()}},
                          {"SIPHER_CA_FILE", ""}};
    std::string& ca_file = variables.back().second;
    if (given.options.tls && given.ca_file.empty()) {
        authority = std::make_unique<temporary_file>("sipher-sandbox-", ".pem", service.ca_pem());
        ca_file = authority->path();
    } else if (given.options.tls) {
        write_file(given.ca_file, service.ca_pem());
        ca_file = std::filesystem::absolute(given.ca_file).string();
    }
    if (!given.command.empty()) {
        return run_command(given.command, variables, signals);
    }
    if (given.print_environment) {
        print_environment(variables);
    } else {
        print_use(service, variables);
    }
    if (!std::cout) {
        throw std::runtime_error{"cannot write to standard output"};
    }
    if (given.print_environment) {
        // Closed, so that a shell collecting the output continues.
        static_cast<void>(std::freopen("/dev/null", "w", stdout));
    }
    wait_for_end(signals);
    return exit_done;
}

} // namespace

int main(int argument_count, char** argument_values)
{
    const auto parsed = parse_arguments(argument_count, argument_values);
    if (const auto* const ended = std::get_if<sandbox_exit_code>(&parsed)) {
        return *ended;
    }
    const auto& given = std::get<sandbox_arguments>(parsed);
    try {
        return serve(given);
    } catch (const boost::system::system_error& problem) {
        std::cerr << "sipher-sandbox: cannot listen on " << given.options.address << " port " << given.options.port
                  << ": " << problem.code().message() << "\n";
    } catch (const std::exception& problem) {
        std::cerr << "sipher-sandbox: " << problem.what() << "\n";
    }
    return exit_failed;
}
