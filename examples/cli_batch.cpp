#include "cli_batch.hpp"

#include <sipher/sipher.hpp>

#include <boost/json/serialize.hpp>

#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

/// On one line of the terminal, which it takes away when it is destroyed.
class progress_bar {
public:
    ~progress_bar()
    {
        if (is_terminal_ && is_drawn_) {
            std::cerr << "\r\x1b[K";
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
        is_drawn_ = true;
    }

private:
    const bool is_terminal_ = isatty(STDERR_FILENO) != 0;
    bool is_drawn_ = false;
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
    for (const auto& each : results) {
        if (each) {
            std::cout << json::serialize(json::value_from(*each)) << "\n";
        } else {
            std::cerr << "cli: " << each.error().what() << "\n";
            first = first ? first : each.error();
        }
    }
    return first;
}

} // namespace

asio::awaitable<std::optional<sipher::error>> run_batch(sipher::client client, cli_arguments given)
{
    auto bar = std::make_unique<progress_bar>();
    sipher::batch_options options;
    options.client = client;
    options.on_progress = [&bar](const sipher::batch_progress& now) { bar->draw(now); };
    if (given.command == cli_command::delete_) {
        std::vector<sipher::session_id> ids = read_ids(std::cin);
        auto remove = [client](sipher::session_id id) mutable { return client.delete_session(id); };
        const auto results = co_await sipher::for_each_concurrent(std::move(ids), options, remove);
        bar.reset();
        co_return print(results);
    }
    std::vector<sipher::session_defaults> wanted(given.count.value(), given.defaults);
    auto create = [client, time_to_live = given.time_to_live](sipher::session_defaults defaults) mutable {
        return client.create_session(std::move(defaults), time_to_live);
    };
    const auto results = co_await sipher::for_each_concurrent(std::move(wanted), options, create);
    bar.reset();
    co_return print(results);
}
