// Commands that make many calls concurrently.

#include "cli_batch.hpp"

#include "cli_error.hpp"
#include "cli_interrupt.hpp"
#include "cli_output.hpp"

#include <sipher/sipher.hpp>

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace {

/// Uses one line of the terminal, if there is one.
class progress_bar {
public:
    void clear()
    {
        if (is_terminal_) {
            std::cerr << "\r\x1b[K" << std::flush;
        }
    }

    void draw(const sipher::batch_progress& now)
    {
        if (!is_terminal_) {
            return;
        }
        constexpr std::size_t width = 30;
        const std::size_t ended = now.done + now.failed;
        const std::size_t full = now.total == 0 ? width : ended * width / now.total;
        std::cerr << "\r\x1b[K[" << std::string(full, '#') << std::string(width - full, ' ') << "] " << ended << "/"
                  << now.total;
        if (now.failed != 0) {
            std::cerr << ", " << now.failed << " failed";
        }
        if (now.waiting != 0) {
            std::cerr << ", " << now.waiting << " wait for the rate limit";
        }
        if (now.remaining) {
            std::cerr << ", " << std::chrono::ceil<std::chrono::seconds>(*now.remaining).count() << " s left";
        }
        std::cerr << std::flush;
    }

private:
    const bool is_terminal_ = isatty(STDERR_FILENO) != 0;
};

/// One per line, alone or in the JSON that `create` prints.
std::vector<sipher::session_id> read_ids(std::istream& in)
{
    std::vector<sipher::session_id> ids;
    for (std::string line; std::getline(in, line);) {
        const std::size_t start = line.find("sess_");
        if (start != std::string::npos) {
            ids.emplace_back(std::string_view{line}.substr(start, sipher::session_id::text_size));
        } else if (!line.empty()) {
            throw sipher::error{sipher::errc::invalid_request, "a line of the input has no session id"};
        }
    }
    return ids;
}

/// @returns the first failure
template <class T>
std::optional<sipher::error> complain_of(const std::vector<sipher::result<T>>& results)
{
    std::optional<sipher::error> first;
    std::size_t left_out = 0;
    for (const auto& each : results) {
        if (each) {
            continue;
        }
        const sipher::error& problem = each.error();
        first = first ? first : problem;
        if (problem.code() == sipher::condition::cancelled && problem.outcome() == sipher::outcome::not_sent) {
            ++left_out;
        } else {
            complain(problem);
        }
    }
    if (left_out != 0) {
        complain("interrupted; " + std::to_string(left_out) + " of " + std::to_string(results.size()) +
                 " were not sent");
    }
    return first;
}

template <class T>
std::vector<T> successes(const std::vector<sipher::result<T>>& results)
{
    std::vector<T> values;
    for (const auto& each : results) {
        if (each) {
            values.push_back(*each);
        }
    }
    return values;
}

template <class T>
bool is_unknown(const sipher::result<T>& result)
{
    return !result && result.error().code() == sipher::condition::not_found;
}

template <class Input, class Operation>
auto run_all(sipher::client client, std::vector<Input> inputs, Operation operation)
    -> decltype(sipher::for_each_concurrent(inputs, sipher::batch_options{}, operation))
{
    progress_bar bar;
    sipher::batch_options options;
    options.client = std::move(client);
    options.on_progress = [&bar](const sipher::batch_progress& now) { bar.draw(now); };
    auto all = sipher::for_each_concurrent(std::move(inputs), std::move(options), std::move(operation));
    auto results = co_await until_interrupted(std::move(all));
    bar.clear();
    co_return results;
}

asio::awaitable<sipher::session> create_one(sipher::client client, sipher::session_defaults defaults,
                                            std::chrono::seconds time_to_live, state_file state)
{
    sipher::session made = co_await client.create_session(std::move(defaults), time_to_live);
    // At once, so that it is in the list even if the program is killed.
    state.add(made);
    co_return made;
}

asio::awaitable<std::optional<sipher::error>> create_many(sipher::client client, cli_arguments given, state_file state)
{
    auto create = [client, time_to_live = given.time_to_live, state](sipher::session_defaults defaults) {
        return create_one(client, std::move(defaults), time_to_live, state);
    };
    std::vector<sipher::session_defaults> wanted(given.count.value(), given.defaults);
    const auto results = co_await run_all(std::move(client), std::move(wanted), std::move(create));
    print(successes(results), given.output);
    co_return complain_of(results);
}

asio::awaitable<std::optional<sipher::error>> delete_many(sipher::client client, cli_arguments given, state_file state)
{
    const std::vector<sipher::session_id> ids = read_ids(std::cin);
    auto remove = [client](sipher::session_id id) { return client.delete_session(id); };
    const auto results = co_await run_all(std::move(client), ids, std::move(remove));
    std::vector<sipher::session_id> gone;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (results[i] || is_unknown(results[i])) {
            gone.push_back(ids[i]);
        }
    }
    // All together, because each removal rewrites the whole file.
    state.remove(gone);
    print(successes(results), given.output);
    co_return complain_of(results);
}

/// A session unknown to the service is not a failure: finding that out is the purpose of the check.
asio::awaitable<std::optional<sipher::error>> check_listed(sipher::client client, cli_arguments given, state_file state)
{
    std::vector<sipher::session_id> ids;
    for (const known_session& each : state.sessions()) {
        ids.push_back(each.id);
    }
    auto read = [client](sipher::session_id id) { return client.get_session(id); };
    auto results = co_await run_all(std::move(client), ids, std::move(read));
    std::vector<sipher::session_id> gone;
    std::vector<known_session> known;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (results[i]) {
            known.emplace_back(ids[i], results[i]->expires_at);
        } else if (is_unknown(results[i])) {
            gone.push_back(ids[i]);
        }
    }
    state.remove(gone);
    std::erase_if(results, [](const auto& each) { return is_unknown(each); });
    print(known, given.output);
    co_return complain_of(results);
}

} // namespace

asio::awaitable<std::optional<sipher::error>> run_batch(sipher::client client, cli_arguments given, state_file state)
{
    switch (given.command) {
    case cli_command::create: return create_many(std::move(client), std::move(given), std::move(state));
    case cli_command::delete_: return delete_many(std::move(client), std::move(given), std::move(state));
    default: return check_listed(std::move(client), std::move(given), std::move(state));
    }
}
