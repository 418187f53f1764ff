#include <sipher/testing/sandbox.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace testing = sipher::testing;

constexpr int exit_usage = 2;

struct arguments {
    testing::sandbox_options options;
    std::vector<std::string> keys;
    bool plain = false;
    std::int64_t keep_alive = 5000;
    std::string ca_file;
};

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
    return problem ? "expected an IPv4 or IPv6 address" : "";
}

std::string check_not_negative(const std::string& number)
{
    return number.starts_with('-') ? "must not be negative" : "";
}

void describe(CLI::App& app, arguments& given)
{
    const std::map<std::string, std::int64_t> units{{"ms", 1}, {"s", 1000}, {"m", 60'000}};
    app.add_option("--address", given.options.address, "Address to listen on")
        ->capture_default_str()
        ->type_name("ADDRESS")
        ->check(check_address);
    app.add_option("--port", given.options.port, "Port to listen on; 0 takes any free one")
        ->type_name("PORT")
        ->check(CLI::Range(0, 65535));
    app.add_flag("--no-tls", given.plain, "Plain http");
    app.add_option("--rate-limit", given.options.rate_limit, "Requests a minute and client address; 0: no limit")
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
    app.add_option("--ca-out", given.ca_file, "File for the certificate of the authority")->type_name("FILE");
}

testing::sandbox_options to_options(arguments given)
{
    given.options.tls = !given.plain;
    given.options.keep_alive = std::chrono::milliseconds{given.keep_alive};
    for (const std::string& text : given.keys) {
        given.options.keys.push_back(parse_key(text).value());
    }
    return given.options;
}

/// @returns where it was written
std::string write_authority(const testing::sandbox& service, std::string file)
{
    if (file.empty()) {
        const std::string name = "sipher-sandbox-" + std::to_string(service.port()) + ".pem";
        file = (std::filesystem::temp_directory_path() / name).string();
    }
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out << service.ca_pem();
    out.close();
    if (!out) {
        throw std::runtime_error{file + ": cannot be written"};
    }
    return std::filesystem::absolute(file).string();
}

void print_use(const testing::sandbox& service, const std::string& ca_file)
{
    std::cout << "Sessions service at " << service.base_url() << "\n";
    if (!ca_file.empty()) {
        std::cout << "Its certificate authority is in " << ca_file << "\n";
    }
    std::cout << "\nUse it with\n\n"
              << "    export SIPHER_BASE_URL=" << service.base_url();
    if (!ca_file.empty()) {
        std::cout << " SIPHER_CA_FILE=" << ca_file;
    }
    std::cout << " SIPHER_API_KEY=" << service.options().api_key.reveal() << "\n\nand end it with Ctrl-C." << std::endl;
}

int serve(const arguments& given)
{
    // Before anything is printed: who reads it may already send a signal.
    boost::asio::io_context context;
    boost::asio::signal_set signals{context, SIGINT, SIGTERM};
    signals.async_wait([](const boost::system::error_code&, int) {});
    const testing::sandbox service{to_options(given)};
    print_use(service, given.plain ? std::string{} : write_authority(service, given.ca_file));
    context.run();
    return EXIT_SUCCESS;
}

} // namespace

int main(int argument_count, char** argument_values)
{
    CLI::App app{"The Sessions service of sipher's tests as a program of its own", "sipher-sandbox"};
    arguments given;
    describe(app, given);
    try {
        app.parse(argument_count, argument_values);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? EXIT_SUCCESS : exit_usage;
    }
    try {
        return serve(given);
    } catch (const boost::system::system_error& problem) {
        std::cerr << "sipher-sandbox: cannot listen on " << given.options.address << " port " << given.options.port
                  << ": " << problem.code().message() << "\n";
        return EXIT_FAILURE;
    } catch (const std::exception& problem) {
        std::cerr << "sipher-sandbox: " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
}
