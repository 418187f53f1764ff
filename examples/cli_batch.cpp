#include "cli_batch.hpp"

#include "cli_interrupt.hpp"

#include <sipher/sipher.hpp>

#include <boost/json/serialize.hpp>

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// On one line of the terminal, if there is one.
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

/// One in each line, alone or in the JSON that `create` prints.
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

template <class T>
std::optional<sipher::error> print(const std::vector<sipher::result<T>>& results)
{
    std::optional<sipher::error> first;
    std::size_t left_out = 0;
    for (const auto& each : results) {
        if (each) {
            std::cout << json::serialize(json::value_from(*each)) << "\n";
            continue;
        }
        const sipher::error& problem = each.error();
        first = first ? first : problem;
        if (problem.code() == sipher::condition::cancelled && problem.outcome() == sipher::outcome::not_sent) {
            ++left_out;
        } else {
            std::cerr << program_invocation_short_name << ": " << problem.what() << "\n";
        }
    }
    if (left_out != 0) {
        std::cerr << program_invocation_short_name << ": interrupted; " << left_out << " of " << results.size()
                  << " were not sent\n";
    }
    return first;
}

template <class Input, class Operation>
asio::awaitable<std::optional<sipher::error>> run_all(sipher::client client, std::vector<Input> inputs,
                                                      Operation operation)
{
    progress_bar bar;
    sipher::batch_options options;
    options.client = std::move(client);
    options.on_progress = [&bar](const sipher::batch_progress& now) { bar.draw(now); };
    auto all = sipher::for_each_concurrent(std::move(inputs), std::move(options), std::move(operation));
    const auto results = co_await until_interrupted(std::move(all));
    bar.clear();
    co_return print(results);
}

} // namespace

asio::awaitable<std::optional<sipher::error>> run_batch(sipher::client client, cli_arguments given)
{
    if (given.command == cli_command::delete_) {
        auto remove = [client](sipher::session_id id) mutable { return client.delete_session(id); };
        return run_all(std::move(client), read_ids(std::cin), std::move(remove));
    }
    auto create = [client, time_to_live = given.time_to_live](sipher::session_defaults defaults) mutable {
        return client.create_session(std::move(defaults), time_to_live);
    };
    std::vector<sipher::session_defaults> wanted(given.count.value(), given.defaults);
    return run_all(std::move(client), std::move(wanted), std::move(create));
}
