// A thousand agents, each with its own session, share eight connections.

#include "example_service.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/object.hpp>

#include <cstdlib>
#include <future>
#include <iostream>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// @returns how many operations it took
asio::awaitable<std::size_t> run_agent(sipher::client client, std::size_t number)
{
    sipher::session_defaults defaults;
    defaults.chain = sipher::chain::from_name(sipher::chain::names[number % sipher::chain::names.size()]);
    const sipher::session session = co_await client.create_session(defaults, 10min);

    sipher::call_options options;
    options.session = session;
    co_await client.request(sipher::verb::post, "/v1/stealth/generate", boost::json::object{}, options);

    co_await client.delete_session(session.id);
    co_return 3;
}

void print(std::size_t operations, std::chrono::duration<double> elapsed, const sipher::client_stats& stats)
{
    std::cout << operations << " operations in " << elapsed.count() << " s\n"
              << stats.dialed << " connections opened, " << stats.reused << " requests on one that was open already\n";
}

int main()
{
    try {
        example_service service;
        // The real service accepts 100 requests a minute.
        const std::size_t agents = service.sandbox ? 1000 : 10;
        service.options.pool.max_connections = 8;
        service.options.pool.max_waiting = agents;

        asio::thread_pool threads{2};
        const sipher::client client{threads, service.options};
        std::cout << agents << " agents over " << service.options.pool.max_connections << " connections to "
                  << service.options.base_url << "\n";

        const auto start = std::chrono::steady_clock::now();
        std::vector<std::future<std::size_t>> running;
        for (std::size_t number = 0; number < agents; ++number) {
            running.push_back(asio::co_spawn(threads, run_agent(client, number), asio::use_future));
        }
        std::size_t operations = 0;
        for (std::future<std::size_t>& agent : running) {
            operations += agent.get();
        }
        print(operations, std::chrono::steady_clock::now() - start, client.stats());
        return EXIT_SUCCESS;
    } catch (const std::exception& problem) {
        std::cerr << "concurrent: " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
}
