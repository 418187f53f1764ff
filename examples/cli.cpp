// A command-line client: JSON on the standard output; what went wrong, in one line, on the standard error output.
// The exit code: 0 success, 1 the service refused, 2 usage, 3 the transport failed.

#include "cli_arguments.hpp"
#include "cli_batch.hpp"
#include "cli_interrupt.hpp"

#include <sipher/observability.hpp>
#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/serialize.hpp>

#include <cerrno>
#include <iostream>

namespace asio = boost::asio;
namespace json = boost::json;

bool is_batch(const cli_arguments& given)
{
    return given.count || given.from_input;
}

sipher::client_options make_options(const cli_arguments& given)
{
    sipher::client_options options = sipher::client_options::from_environment();
    if (options.api_key.empty()) {
        throw sipher::error{sipher::errc::invalid_request, "set SIPHER_API_KEY to your key of the service"};
    }
    if (given.timeout) {
        options.timeouts.total = *given.timeout;
    }
    if (is_batch(given)) {
        // As long as it takes.
        options.timeouts.queue = std::chrono::milliseconds{};
    }
    options.observer = given.verbose ? std::make_shared<sipher::log_observer>(std::cerr, sipher::log_level::debug)
                                     : sipher::log_observer::from_environment();
    return options;
}

asio::awaitable<json::value> request(sipher::client client, cli_arguments given)
{
    sipher::call_options options;
    if (given.session) {
        // An id alone pins nothing, and the service silently ignores one that it does not know.
        options.session = co_await client.get_session(*given.session);
    }
    if (given.body) {
        co_return co_await client.request(given.method, given.target, *given.body, options);
    }
    co_return co_await client.request(given.method, given.target, options);
}

asio::awaitable<json::value> run(sipher::client client, cli_arguments given)
{
    switch (given.command) {
    case cli_command::create: {
        const sipher::session created = co_await client.create_session(given.defaults, given.time_to_live);
        co_return json::value_from(created);
    }
    case cli_command::get: {
        const sipher::session found = co_await client.get_session(given.session.value());
        co_return json::value_from(found);
    }
    case cli_command::update: {
        const sipher::session changed = co_await client.update_session(given.session.value(), given.defaults);
        co_return json::value_from(changed);
    }
    case cli_command::delete_: {
        const sipher::deleted_session gone = co_await client.delete_session(given.session.value());
        co_return json::value_from(gone);
    }
    case cli_command::request: break;
    }
    const json::value response = co_await request(client, std::move(given));
    co_return response;
}

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

/// Runs it to its end and gives its result.
template <class T>
T get(asio::io_context& context, asio::awaitable<T> work)
{
    auto result = asio::co_spawn(context, std::move(work), asio::use_future);
    context.run();
    return result.get();
}

int main(int count, char** values)
{
    try {
        const auto parsed = parse_arguments(count, values);
        if (const auto* const ended = std::get_if<cli_exit_code>(&parsed)) {
            return *ended;
        }
        const auto& given = std::get<cli_arguments>(parsed);
        asio::io_context context;
        sipher::client client{context, make_options(given)};
        if (is_batch(given)) {
            const std::optional<sipher::error> first = get(context, run_batch(std::move(client), given));
            return first ? exit_code(*first) : exit_done;
        }
        std::cout << json::serialize(get(context, until_interrupted(run(std::move(client), given)))) << "\n";
        return exit_done;
    } catch (const sipher::error& problem) {
        std::cerr << program_invocation_short_name << ": " << problem.what() << "\n";
        return exit_code(problem);
    }
}
