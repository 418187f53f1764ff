#include "sandbox/sandbox_arguments.hpp"

#include <sipher/testing/manual_clock.hpp>
#include <sipher/version.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace {

namespace testing = sipher::testing;

/// The options as text.
struct words {
    std::vector<std::string> keys;
    bool plain = false;
    bool manual_clock = false;
    std::int64_t keep_alive = 5000;
};

class formatter : public CLI::Formatter {
public:
    std::string make_usage(const CLI::App*, std::string name) const override
    {
        return "Usage: " + name + " [OPTIONS]\n       " + name + " [OPTIONS] -- COMMAND [ARGUMENTS…]\n";
    }
};

constexpr const char* description =
    "The Sessions service of sipher's tests as a program of its own. With COMMAND, it runs that with SIPHER_BASE_URL, "
    "SIPHER_API_KEY and SIPHER_CA_FILE set and ends as it ends; without, it serves until SIGINT or SIGTERM.";

constexpr const char* examples = R"text(Examples:
  sipher-sandbox -- pytest tests
  sipher-sandbox --rate-limit 100 --key my-key:enterprise
  sipher-sandbox --control --manual-clock -- ./test.sh
  eval "$(sipher-sandbox --print-env &)"; curl --cacert "$SIPHER_CA_FILE" "$SIPHER_BASE_URL/v1/health"
  kill "$SIPHER_SANDBOX_PID"
)text";

std::optional<testing::sandbox_key> parse_key(const std::string& text)
{
    static const std::map<std::string, testing::tier> tiers{
        {"free", testing::tier::free}, {"pro", testing::tier::pro}, {"enterprise", testing::tier::enterprise}};
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) {
        return std::nullopt;
    }
    const auto found = tiers.find(text.substr(colon + 1));
    return found == tiers.end() ? std::nullopt
                                : std::optional{testing::sandbox_key{text.substr(0, colon), found->second}};
}

std::string check_key(const std::string& text)
{
    return parse_key(text) ? "" : "expected TEXT:TIER with one of the tiers free, pro, enterprise";
}

std::string check_address(const std::string& text)
{
    boost::system::error_code problem;
    boost::asio::ip::make_address(text, problem);
    return problem && text != "localhost" ? "expected localhost or an IPv4 or IPv6 address" : "";
}

std::string check_not_negative(const std::string& number)
{
    return number.starts_with('-') ? "must not be negative" : "";
}

void describe_service(CLI::App& app, testing::sandbox_options& options, words& given)
{
    const std::map<std::string, std::int64_t> units{{"ms", 1}, {"s", 1000}, {"m", 60'000}};
    app.add_option("--address", options.address, "Address to listen on; localhost: 127.0.0.1 and ::1")
        ->capture_default_str()
        ->type_name("ADDRESS")
        ->check(check_address);
    app.add_option("--port", options.port, "Port to listen on; 0 takes any free one")
        ->type_name("PORT")
        ->check(CLI::Range(0, 65535));
    app.add_flag("--no-tls", given.plain, "Plain http");
    app.add_option("--rate-limit", options.rate_limit, "Requests a minute per client address; 0: no limit")
        ->capture_default_str()
        ->type_name("N");
    app.add_option("--keep-alive", given.keep_alive, "Idle time after which a connection is closed; 0s: never")
        ->default_str("5s")
        ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED))
        ->check(check_not_negative)
        ->type_name("TIME");
    app.add_option("--key", given.keys, "Key to accept instead of the usual ones; may be repeated")
        ->type_name("TEXT:TIER")
        ->check(check_key);
}

void describe_use(CLI::App& app, sandbox_arguments& arguments, words& given)
{
    app.add_flag("--print-env", arguments.print_environment, "Print the variables for a shell to eval, then serve");
    app.add_option("--ca-out", arguments.ca_file,
                   "File for the certificate of the authority, which stays; a temporary one if not given")
        ->type_name("FILE");
    app.add_flag("--control", arguments.options.control,
                 "Serve /sandbox/… too: faults, ledger, counters, clock, reset");
    app.add_flag("--manual-clock", given.manual_clock, "Time stands still until POST /sandbox/clock moves it")
        ->needs("--control");
}

void apply(const words& given, testing::sandbox_options& options)
{
    options.tls = !given.plain;
    options.keep_alive = std::chrono::milliseconds{given.keep_alive};
    for (const std::string& text : given.keys) {
        options.keys.push_back(parse_key(text).value());
    }
    if (given.manual_clock) {
        // Clients compare the service's times with their own clock.
        options.clock = std::make_shared<testing::manual_clock>(sipher::system_clock()->wall_now());
    }
}

} // namespace

std::variant<sandbox_arguments, sandbox_exit_code> parse_arguments(int count, char** values)
{
    // Removed before parsing, because the parser would read arguments such as `[1,2]` as lists.
    char** const end = values + count;
    char** const separator = std::find(values, end, std::string_view{"--"});
    CLI::App app{description, "sipher-sandbox"};
    app.formatter(std::make_shared<formatter>());
    app.set_version_flag("--version", "sipher-sandbox " SIPHER_VERSION, "Print the version and exit");
    app.footer(examples);
    app.failure_message([](const CLI::App* failed, const CLI::Error& problem) {
        return failed->get_name() + ": " + std::string{problem.what()} + " (see --help)\n";
    });
    sandbox_arguments arguments;
    words given;
    describe_service(app, arguments.options, given);
    describe_use(app, arguments, given);
    try {
        app.parse(static_cast<int>(separator - values), values);
        if (separator != end) {
            arguments.command.assign(separator + 1, end);
            if (arguments.command.empty()) {
                throw CLI::RequiredError{"COMMAND after --"};
            }
            if (arguments.print_environment) {
                throw CLI::ExcludesError{"--print-env", "COMMAND"};
            }
        }
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? exit_done : exit_usage;
    }
    apply(given, arguments.options);
    return arguments;
}
