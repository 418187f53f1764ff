// The command line: options, their meaning, and help.

#include "cli_arguments.hpp"

#include <sipher/version.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <iostream>
#include <map>
#include <string_view>

namespace {

namespace json = boost::json;

/// The options as text.
struct words {
    std::string chain;
    std::string privacy_level;
    std::string rpc_provider;
    std::string backend;
    std::string viewing_key;
    std::int64_t time_to_live = 0;
    std::string session;
    std::string method;
    std::string target;
    std::string body;
    std::optional<std::int64_t> timeout;
    std::optional<std::size_t> count;
    bool check = false;
    /// A read counts towards the daily quota: 60 per hour leave room for others even in the smallest, 2000.
    std::int64_t every = 60'000;
    std::string output;
    bool verbose = false;
};

constexpr std::array<std::string_view, 2> outputs{"json", "table"};

const std::map<std::string, sipher::verb> verbs{{"GET", sipher::verb::get},     {"HEAD", sipher::verb::head},
                                                {"POST", sipher::verb::post},   {"PUT", sipher::verb::put},
                                                {"PATCH", sipher::verb::patch}, {"DELETE", sipher::verb::delete_}};

constexpr const char* examples = R"(Examples:
  sipher-cli create --chain near --ttl 30m
  sipher-cli get sess_…
  sipher-cli update sess_… --privacy-level shielded
  sipher-cli request POST /v1/stealth/generate --session sess_… --body '{}'
  sipher-cli create --count 500 > sessions; sipher-cli delete - < sessions
  sipher-cli list | sipher-cli delete -

Exit codes: 0 done, 1 the service refused, 2 usage, 3 the transport failed or interrupted)";

/// Durations have a unit, such as `90s` or `30m`.
CLI::Validator duration_in(std::map<std::string, std::int64_t> units)
{
    return CLI::AsNumberWithUnit{std::move(units), CLI::AsNumberWithUnit::UNIT_REQUIRED}.description("");
}

std::string check_session(const std::string& text)
{
    return sipher::session_id::parse(text) ? "" : "must be `sess_` and 64 lower-case hexadecimal digits";
}

std::string check_json(const std::string& text)
{
    boost::system::error_code problem;
    const json::value parsed = json::parse(text, problem);
    return problem ? "is not JSON: " + problem.message() : "";
}

template <std::size_t Count>
std::string known(const std::array<std::string_view, Count>& names)
{
    std::string text = "One of";
    for (const std::string_view name : names) {
        text.append(" ").append(name);
    }
    return text;
}

void add_defaults(CLI::App& command, words& given)
{
    command.add_option("--chain", given.chain, known(sipher::chain::names))->type_name("NAME");
    command.add_option("--privacy-level", given.privacy_level, known(sipher::privacy_level::names))->type_name("NAME");
    command.add_option("--rpc-provider", given.rpc_provider, known(sipher::rpc_provider::names))->type_name("NAME");
    command.add_option("--backend", given.backend, known(sipher::backend::names))->type_name("NAME");
    command.add_option("--viewing-key", given.viewing_key, "0x…; others can see the arguments, but not the variable")
        ->envname("SIPHER_VIEWING_KEY")
        ->type_name("KEY");
}

void add_id(CLI::App& command, words& given)
{
    command.add_option("ID", given.session, "The session's id")->required()->check(check_session)->type_name("");
}

std::string check_every(const std::string& text)
{
    constexpr std::int64_t least = 100;
    return std::stoll(text) >= least ? "" : "must be at least 100ms";
}

std::string check_output(const std::string& text)
{
    return std::find(outputs.begin(), outputs.end(), text) != outputs.end() ? "" : "must be json or table";
}

/// Or `-` to read them from standard input.
std::string check_session_or_dash(const std::string& text)
{
    return text == "-" ? "" : check_session(text);
}

void add_request(CLI::App& command, words& given)
{
    command.add_option("VERB", given.method, "GET, HEAD, POST, PUT, PATCH or DELETE")
        ->required()
        ->transform(CLI::IsMember(&verbs, CLI::ignore_case).description(""))
        ->type_name("");
    command.add_option("TARGET", given.target, "Path and query, such as /v1/stealth/generate")
        ->required()
        ->type_name("");
    command.add_option("--session", given.session, "Id of the session to run under; its defaults are pinned")
        ->check(check_session)
        ->type_name("ID");
    command.add_option("--body", given.body, "JSON to send")->check(check_json)->type_name("JSON");
}

void add_create(CLI::App& command, words& given)
{
    add_defaults(command, given);
    command
        .add_option("--ttl", given.time_to_live, "How long it lives, such as 90s, 30m or 24h; one hour if not given")
        ->transform(duration_in({{"s", 1}, {"m", 60}, {"h", 3600}}))
        ->type_name("TIME");
    command
        .add_option("--count", given.count,
                    "Number of sessions, printed one per line; waits for the rate limit if necessary")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
}

void add_watch(CLI::App& command, words& given)
{
    add_id(command, given);
    command
        .add_option("--every", given.every,
                    "Interval between reads, such as 10s (default 1m). Each read counts towards the daily quota: 1m "
                    "uses 1440 a day, 10s 8640")
        ->transform(duration_in({{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}))
        ->check(check_every)
        ->type_name("TIME");
}

void add_output(CLI::App& command, words& given)
{
    command.add_option("--output", given.output, "json if not given. " + known(outputs))
        ->check(check_output)
        ->type_name("FORMAT");
}

void add_common(CLI::App& command, words& given)
{
    command
        .add_option("--timeout", given.timeout, "Limit of each call, such as 500ms or 5s; 0s: none; 30s if not given")
        ->transform(duration_in({{"ms", 1}, {"s", 1000}, {"m", 60'000}}))
        ->type_name("TIME");
    command.add_flag("--verbose", given.verbose, "Print connections and attempts to standard error");
}

/// @returns the commands and their names
std::map<CLI::App*, cli_command> describe(CLI::App& app, words& given)
{
    CLI::App* const create = app.add_subcommand("create", "Creates a session");
    CLI::App* const get = app.add_subcommand("get", "Reads a session");
    CLI::App* const update = app.add_subcommand("update", "Sets defaults of a session");
    CLI::App* const remove = app.add_subcommand("delete", "Deletes a session");
    CLI::App* const list = app.add_subcommand("list", "Lists what `create` has noted in the file SIPHER_STATE_FILE");
    CLI::App* const watch = app.add_subcommand("watch", "Prints a session whenever it has changed, until it is gone");
    CLI::App* const request =
        app.add_subcommand("request", "Calls any other endpoint, under a session if one is given");
    add_create(*create, given);
    add_id(*get, given);
    add_id(*update, given);
    add_defaults(*update, given);
    remove->add_option("ID", given.session, "The session's id; -: ids from standard input, one per line")
        ->required()
        ->check(check_session_or_dash)
        ->type_name("");
    list->add_flag("--check", given.check, "Ask the service for each, and forget those that it does not know");
    add_watch(*watch, given);
    add_request(*request, given);
    for (CLI::App* const command : {create, get, update, remove, list}) {
        add_output(*command, given);
    }
    for (CLI::App* const command : {create, get, update, remove, list, watch, request}) {
        add_common(*command, given);
    }
    app.require_subcommand(1);
    return {{create, cli_command::create},  {get, cli_command::get},   {update, cli_command::update},
            {remove, cli_command::delete_}, {list, cli_command::list}, {watch, cli_command::watch},
            {request, cli_command::request}};
}

template <class Enumeration>
std::optional<Enumeration> to_enumeration(const std::string& name)
{
    return name.empty() ? std::nullopt : std::optional{Enumeration::from_name(name)};
}

cli_arguments to_arguments(cli_command command, const words& given)
{
    cli_arguments arguments;
    arguments.command = command;
    arguments.defaults.chain = to_enumeration<sipher::chain>(given.chain);
    arguments.defaults.privacy_level = to_enumeration<sipher::privacy_level>(given.privacy_level);
    arguments.defaults.rpc_provider = to_enumeration<sipher::rpc_provider>(given.rpc_provider);
    arguments.defaults.backend = to_enumeration<sipher::backend>(given.backend);
    if (!given.viewing_key.empty()) {
        arguments.defaults.default_viewing_key = sipher::secret{given.viewing_key};
    }
    arguments.time_to_live = std::chrono::seconds{given.time_to_live};
    arguments.count = given.count;
    arguments.from_input = given.session == "-";
    if (!given.session.empty() && !arguments.from_input) {
        arguments.session = sipher::session_id{given.session};
    }
    if (command == cli_command::request) {
        arguments.method = verbs.at(given.method);
    }
    arguments.target = given.target;
    if (!given.body.empty()) {
        arguments.body = json::parse(given.body);
    }
    if (given.timeout) {
        arguments.timeout = std::chrono::milliseconds{*given.timeout};
    }
    arguments.check = given.check;
    arguments.every = std::chrono::milliseconds{given.every};
    arguments.output = given.output == "table" ? cli_output::table : cli_output::json;
    arguments.verbose = given.verbose;
    return arguments;
}

} // namespace

std::variant<cli_arguments, cli_exit_code> parse_arguments(int count, char** values)
{
    CLI::App app{"A client of the Sipher Sessions API. The service is given by SIPHER_API_KEY and, if it is not the "
                 "production one, SIPHER_BASE_URL and SIPHER_CA_FILE.",
                 program_invocation_short_name};
    app.set_version_flag("--version", std::string{"sipher-cli "} + sipher::version(), "Print the version and exit");
    app.footer(examples);
    app.failure_message([](const CLI::App* failed, const CLI::Error& problem) {
        return failed->get_name() + ": " + std::string{problem.what()} + " (see --help)\n";
    });
    words given;
    const std::map<CLI::App*, cli_command> commands = describe(app, given);
    try {
        app.parse(count, values);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? exit_done : exit_usage;
    }
    return to_arguments(commands.at(app.get_subcommands().front()), given);
}
