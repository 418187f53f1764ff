// One of several processes that share a rate limit through Redis: makes some requests and says what came of them.
// usage: redis_quota REQUESTS [LIMIT WINDOW-IN-MS REDIS-PORT], in the environment of a client

#include "redis_quota_source.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;

class refusal_counter : public sipher::observer {
public:
    void on_attempt(const sipher::attempt_event& event) override { refused += event.attempt->status == 429 ? 1 : 0; }

    int refused = 0;
};

int main(int count, char** values)
{
    try {
        const std::vector<std::string> given(values + 1, values + count);
        if (given.size() != 1 && given.size() != 4) {
            std::cerr << "usage: redis_quota REQUESTS [LIMIT WINDOW-IN-MS REDIS-PORT]\n";
            return 2;
        }
        sipher::client_options options = sipher::client_options::from_environment();
        const auto counter = std::make_shared<refusal_counter>();
        options.observer = counter;
        options.timeouts.queue = std::chrono::milliseconds{};
        options.timeouts.total = std::chrono::minutes{10};
        if (given.size() == 4) {
            options.quota_source = std::make_shared<redis_quota_source>("127.0.0.1", std::stoi(given[3]),
                                                                        static_cast<unsigned>(std::stoul(given[1])),
                                                                        std::chrono::milliseconds{std::stoi(given[2])});
        }
        asio::io_context context;
        sipher::client client{context, options};
        auto create = [client](int) mutable { return client.create_session({}, std::chrono::minutes{1}); };
        sipher::batch_options batch;
        batch.concurrency = 4;
        auto all =
            asio::co_spawn(context, sipher::for_each_concurrent(std::vector<int>(std::stoul(given[0])), batch, create),
                           asio::use_future);
        context.run_for(std::chrono::minutes{10});
        int done = 0;
        for (const auto& each : all.get()) {
            done += each ? 1 : 0;
        }
        std::cout << done << " done, " << counter->refused << " refused, " << client.stats().rate_gate.source_failures
                  << " without Redis\n";
        return 0;
    } catch (const std::exception& problem) {
        std::cerr << "redis_quota: " << problem.what() << "\n";
        return 1;
    }
}
