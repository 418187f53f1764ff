// A command-line client: JSON, or a table, on standard output; errors, on one line, on standard error. The exit code: 0
// success, 1 the service refused, 2 usage, 3 the transport failed, an intermediary responded, or it was interrupted.

#include "cli_arguments.hpp"
#include "cli_batch.hpp"
#include "cli_error.hpp"
#include "cli_interrupt.hpp"
#include "cli_output.hpp"
#include "cli_state.hpp"
#include "cli_watch.hpp"

#include <sipher/observability.hpp>
#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;

bool is_batch(const cli_arguments& given)
{
    return given.count || given.from_input || given.check;
}

sipher::client_options make_options(const cli_arguments& given)
{
    sipher::client_options options = sipher::client_options::from_environment();
    if (options.api_key.empty()) {
        throw sipher::error{sipher::errc::invalid_request, "set SIPHER_API_KEY to your API key"};
    }
    if (given.timeout) {
        options.timeouts.total = *given.timeout;
    }
    if (is_batch(given)) {
        // No limit.
        options.timeouts.queue = std::chrono::milliseconds{};
    }
    options.observer = given.verbose ? std::make_shared<sipher::log_observer>(std::cerr, sipher::log_level::debug)
                                     : sipher::log_observer::from_environment();
    return options;
}

asio::awaitable<void> request(sipher::client client, cli_arguments given)
{
    sipher::call_options options;
    if (given.session) {
        // An id alone pins nothing, and the service silently ignores an unknown one.
        options.session = co_await client.get_session(*given.session);
    }
    json::value response;
    if (given.body) {
        response = co_await client.request(given.method, given.target, *given.body, options);
    } else {
        response = co_await client.request(given.method, given.target, options);
    }
    std::cout << json::serialize(response) << "\n";
}

asio::awaitable<void> remove(sipher::client client, cli_arguments given, state_file state)
{
    const sipher::session_id id = given.session.value();
    const sipher::result<sipher::deleted_session> gone = co_await sipher::as_result(client.delete_session(id));
    if (gone || gone.error().code() == sipher::condition::not_found) {
        state.remove({id});
    }
    print(std::vector{gone.value()}, given.output);
}

asio::awaitable<void> run(sipher::client client, cli_arguments given, state_file state)
{
    switch (given.command) {
    case cli_command::create: {
        const sipher::session created = co_await client.create_session(given.defaults, given.time_to_live);
        state.add(created);
        print(std::vector{created}, given.output);
        co_return;
    }
    case cli_command::get: {
        const sipher::session found = co_await client.get_session(given.session.value());
        print(std::vector{found}, given.output);
        co_return;
    }
    case cli_command::update: {
        const sipher::session changed = co_await client.update_session(given.session.value(), given.defaults);
        print(std::vector{changed}, given.output);
        co_return;
    }
    case cli_command::delete_: co_return co_await remove(client, std::move(given), std::move(state));
    case cli_command::watch: co_return co_await watch(client, std::move(given));
    case cli_command::request: co_return co_await request(client, std::move(given));
    case cli_command::list: co_return; // No call, or a batch.
    }
}

/// Runs it to completion and returns its result.
template <class T>
T get(asio::io_context& context, asio::awaitable<T> work)
{
    auto result = asio::co_spawn(context, std::move(work), asio::use_future);
    context.run();
    return result.get();
}

state_file open_state(const cli_arguments& given)
{
    const bool is_needed = given.command == cli_command::create || given.command == cli_command::delete_ ||
                           given.command == cli_command::list;
    state_file state = is_needed ? state_file::from_environment() : state_file{};
    if (given.command == cli_command::list && !state.is_on()) {
        throw sipher::error{sipher::errc::invalid_request,
                            "set SIPHER_STATE_FILE to the file in which `create` records sessions for `list`"};
    }
    return state;
}

cli_exit_code perform(const cli_arguments& given)
{
    const state_file state = open_state(given);
    if (given.command == cli_command::list && !given.check) {
        print(state.sessions(), given.output);
        return exit_done;
    }
    asio::io_context context;
    sipher::client client{context, make_options(given)};
    if (is_batch(given)) {
        const std::optional<sipher::error> first = get(context, run_batch(std::move(client), given, state));
        return first ? exit_code(*first) : exit_done;
    }
    get(context, until_interrupted(run(std::move(client), given, state)));
    return exit_done;
}

int main(int count, char** values)
{
    try {
        const auto parsed = parse_arguments(count, values);
        if (const auto* const ended = std::get_if<cli_exit_code>(&parsed)) {
            return *ended;
        }
        return perform(std::get<cli_arguments>(parsed));
    } catch (const sipher::error& problem) {
        complain(problem);
        return exit_code(problem);
    }
}
