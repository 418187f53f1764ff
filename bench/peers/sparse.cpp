// Agents (--connections) whose requests are seconds or minutes apart, each with a client of its own, for some seconds.
// Says what the calls of the second half cost, when it is known how long the server keeps a connection.
#include "arguments.hpp"
#include "sipher_options.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <random>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

struct account {
    std::uint64_t calls = 0;
    std::uint64_t failed = 0;
};

/// A quarter within a second, and almost a third only after more than five.
class gaps {
public:
    explicit gaps(unsigned seed) : engine_(seed) {}

    std::chrono::milliseconds next()
    {
        const double share = uniform(0, 1);
        const double seconds = share < 0.25 ? uniform(0, 1) : share < 0.69 ? uniform(1, 5) : uniform(5, 90);
        return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
    }

private:
    double uniform(double least, double most) { return std::uniform_real_distribution<>{least, most}(engine_); }

    std::mt19937 engine_;
};

asio::awaitable<void> act(sipher::client client, unsigned seed, account& counted)
{
    const sipher::session_id id{bench::wire::session_id};
    gaps pauses{seed};
    asio::steady_timer pause{co_await asio::this_coro::executor};
    for (;;) {
        pause.expires_after(pauses.next());
        co_await pause.async_wait(asio::use_awaitable);
        ++counted.calls;
        try {
            co_await client.get_session(id);
        } catch (const std::exception& problem) {
            ++counted.failed;
            std::cerr << problem.what() << "\n";
        }
    }
}

std::uint64_t connections_of(const std::vector<sipher::client>& clients)
{
    std::uint64_t dialed = 0;
    for (const sipher::client& each : clients) {
        dialed += each.stats().dialed;
    }
    return dialed;
}

double cpu_microseconds()
{
    return static_cast<double>(std::clock()) * 1e6 / CLOCKS_PER_SEC;
}

} // namespace

int main(int count, char** values)
{
    const bench::arguments arguments = bench::parse_arguments(count, values);
    try {
        asio::io_context context{1};
        sipher::client_options options = bench::sipher_options(arguments, 1);
        options.pool.max_connections = 1;
        if (arguments.idle_seconds != 0) {
            options.pool.idle_timeout = std::chrono::seconds{arguments.idle_seconds};
        }
        account counted;
        std::vector<sipher::client> clients;
        for (std::size_t agent = 0; agent < arguments.connections; ++agent) {
            clients.emplace_back(context, options);
            asio::co_spawn(context, act(clients.back(), static_cast<unsigned>(agent), counted), asio::detached);
        }
        const std::chrono::milliseconds half{arguments.seconds * 500};
        context.run_for(half);
        const account before = counted;
        const std::uint64_t dialed = connections_of(clients);
        const double cpu = cpu_microseconds();
        context.run_for(half);
        std::cout << "calls " << counted.calls - before.calls << " failed " << counted.failed << " connections "
                  << connections_of(clients) - dialed << " cpu_us "
                  << (cpu_microseconds() - cpu) / static_cast<double>(counted.calls - before.calls) << std::endl;
        return EXIT_SUCCESS;
    } catch (const std::exception& problem) {
        std::cerr << "sparse: " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
}
