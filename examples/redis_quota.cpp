// One of several processes that share a rate limit through Redis: makes some requests and prints the results. usage:
// redis_quota REQUESTS [LIMIT WINDOW-IN-MS REDIS-PORT], in the environment of a client

#include "example_arguments.hpp"
#include "redis_quota_source.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace asio = boost::asio;

class refusal_counter : public sipher::observer {
public:
    void on_attempt(const sipher::attempt_event& event) override { refused += event.attempt->status == 429 ? 1 : 0; }

    int refused = 0;
};

/// Returns the number of successful requests.
asio::awaitable<std::size_t> make_requests(sipher::client client, std::size_t count)
{
    auto create = [client](int) { return client.create_session({}, std::chrono::minutes{1}); };
    sipher::batch_options options;
    options.concurrency = 4;
    const auto all = co_await sipher::for_each_concurrent(std::vector<int>(count), options, create);
    co_return static_cast<std::size_t>(std::ranges::count_if(all, [](const auto& each) { return each.has_value(); }));
}

int main(int count, char** values)
{
    try {
        const std::vector<std::string> given(values + 1, values + count);
        if (given.size() != 1 && given.size() != 4) {
            std::cerr << "usage: redis_quota REQUESTS [LIMIT WINDOW-IN-MS REDIS-PORT]\n";
            return 2;
        }
        sipher::client_options options = sipher::client_options::from_environment();
        const auto refusals = std::make_shared<refusal_counter>();
        options.observer = refusals;
        options.timeouts.queue = std::chrono::milliseconds{};
        if (given.size() == 4) {
            options.quota_source = std::make_shared<redis_quota_source>(
                "127.0.0.1", static_cast<int>(parse_number(given[3], "REDIS-PORT", 65535)),
                parse_number(given[1], "LIMIT", 1'000'000),
                std::chrono::milliseconds{parse_number(given[2], "WINDOW-IN-MS", 86'400'000)});
        }
        asio::io_context context;
        sipher::client client{context, options};
        auto done = asio::co_spawn(context, make_requests(client, parse_number(given[0], "REQUESTS", 1'000'000)),
                                   asio::use_future);
        while (done.wait_for(std::chrono::seconds{}) != std::future_status::ready) {
            context.run_one();
        }
        std::cout << done.get() << " done, " << refusals->refused << " refused, "
                  << client.stats().rate_gate.source_failures << " without Redis\n";
        return 0;
    } catch (const std::exception& problem) {
        std::cerr << "redis_quota: " << problem.what() << "\n";
        return 1;
    }
}
