#include "arguments.hpp"

#include <charconv>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>
#include <system_error>

namespace bench {

namespace {

[[noreturn]] void refuse(const std::string& problem)
{
    std::cerr << problem << "\n"
              << "usage: --port PORT --ca FILE [--connections N] [--calls N] [--operations N]\n"
              << "       [--operation get|create|update|delete] [--fresh] [--tickets FILE] [--linger]\n"
              << "A client of the fixed-reply server on https://localhost:PORT.\n"
              << "  --connections N  connections at a time (64)\n"
              << "  --calls N        calls under way at a time (as many as connections)\n"
              << "  --operations N   calls in all (0: until stopped)\n"
              << "  --fresh          a new connection for each call\n"
              << "  --tickets FILE   begin with the TLS tickets in it, if any, and leave one's own there\n"
              << "  --linger         keep the connections when all calls are done, until stopped\n"
              << "and, where calls arrive by themselves, [--rate N] [--seconds N] [--speed N] [--kept N] [--idle N]\n"
              << "  --rate N         calls in a second (1000)\n"
              << "  --seconds N      how long (2)\n"
              << "  --speed N        seconds that pass in one (1)\n"
              << "  --kept N         seconds after which the server closes an idle connection (75)\n"
              << "  --idle N         seconds after which the client does (0: as by default)\n";
    std::exit(2);
}

std::uint64_t to_number(std::string_view name, std::string_view text)
{
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) {
        refuse(std::string{name} + " needs a number, not '" + std::string{text} + "'");
    }
    return number;
}

operation to_operation(std::string_view text)
{
    if (text == "get") {
        return operation::get;
    }
    if (text == "create") {
        return operation::create;
    }
    if (text == "update") {
        return operation::update;
    }
    if (text == "delete") {
        return operation::remove;
    }
    refuse("there is no operation '" + std::string{text} + "'");
}

void read_value(arguments& out, std::string_view name, std::string_view value)
{
    if (name == "--port") {
        out.port = std::to_string(to_number(name, value));
    } else if (name == "--ca") {
        out.ca_file = value;
    } else if (name == "--connections") {
        out.connections = to_number(name, value);
    } else if (name == "--calls") {
        out.calls = to_number(name, value);
    } else if (name == "--operations") {
        out.operations = to_number(name, value);
    } else if (name == "--idle") {
        out.idle_seconds = to_number(name, value);
    } else if (name == "--kept") {
        out.kept_seconds = to_number(name, value);
    } else if (name == "--speed") {
        out.speed = to_number(name, value);
    } else if (name == "--tickets") {
        out.ticket_file = value;
    } else if (name == "--rate") {
        out.rate = to_number(name, value);
    } else if (name == "--seconds") {
        out.seconds = to_number(name, value);
    } else if (name == "--operation") {
        out.operation = to_operation(value);
    } else {
        refuse("there is no option '" + std::string{name} + "'");
    }
}

void complete(arguments& out)
{
    if (out.port.empty() || out.ca_file.empty()) {
        refuse("--port and --ca must be given");
    }
    if (out.connections == 0 || out.rate == 0 || out.seconds == 0 || out.speed == 0) {
        refuse("--connections, --rate, --seconds and --speed must not be 0");
    }
    if (out.calls == 0) {
        out.calls = out.connections;
    }
}

arguments parse_arguments(int count, char** values)
{
    arguments out;
    for (int i = 1; i < count; ++i) {
        const std::string_view name = values[i];
        if (name == "--fresh") {
            out.fresh = true;
        } else if (name == "--linger") {
            out.linger = true;
        } else if (i + 1 == count) {
            refuse("'" + std::string{name} + "' is no option, or needs a value");
        } else {
            read_value(out, name, values[++i]);
        }
    }
    complete(out);
    return out;
}

} // namespace

int run_program(const char* name, int count, char** values, void (*run)(const arguments&))
{
    const arguments settings = parse_arguments(count, values);
    try {
        run(settings);
        return EXIT_SUCCESS;
    } catch (const std::exception& problem) {
        std::cerr << name << ": " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
}

} // namespace bench
