#include "breaking_proxy.hpp"
#include "campaign_account.hpp"
#include "campaign_load.hpp"

#include <sipher/sipher.hpp>
#include <sipher/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <random>
#include <utility>

// usage: sipher-campaign [OPERATIONS] [SEED]
// Operations of many agents through a proxy that breaks connections at random bytes, and a service that is restarted
// now and then; afterwards what the agents were told is compared with what the service did.

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using namespace sipher::test;

constexpr std::size_t operations_a_round = 10'000;
constexpr int agents = 64;

sipher::client_options make_options(const sipher::testing::sandbox& service, std::uint16_t port)
{
    sipher::client_options options = service.options();
    options.base_url = "https://localhost:" + std::to_string(port);
    options.pool.max_connections = 16;
    options.timeouts.total = 20s;
    options.timeouts.attempt = 300ms;
    options.timeouts.tls_handshake = 300ms;
    options.timeouts.connect = 1s;
    options.retry.base_delay = 2ms;
    options.retry.throttled_base_delay = 5ms;
    options.retry.max_delay = 20ms;
    // Every failure is to be followed as far as it goes.
    options.retry.budget = 0;
    return options;
}

/// Restarts the service again and again, until the timer is cancelled.
void restart_now_and_then(asio::steady_timer& timer, sipher::testing::sandbox& service, breaking_proxy& proxy)
{
    timer.expires_after(400ms);
    timer.async_wait([&](boost::system::error_code stopped) {
        if (!stopped) {
            service.restart();
            proxy.break_all();
            restart_now_and_then(timer, service, proxy);
        }
    });
}

/// How many connections the client did not give back or the service still has.
std::size_t count_leaks(std::unique_ptr<sipher::client> client, asio::io_context& context,
                        const sipher::testing::sandbox& service)
{
    const sipher::client_stats stats = client->stats();
    std::size_t leaks = stats.busy + stats.waiting;
    client.reset();
    // The service sees the ends a little later; without work, run_for would not wait for that.
    const auto work = asio::make_work_guard(context);
    for (int i = 0; i < 1000 && service.counters().open_connections != 0; ++i) {
        context.restart();
        context.run_for(10ms);
    }
    leaks += service.counters().open_connections;
    return leaks;
}

void run_round(std::size_t operations, std::uint64_t seed, campaign_account& account)
{
    asio::io_context context;
    sipher::testing::sandbox service;
    breaking_proxy proxy{service.port(), seed};
    campaign_load load{operations, seed};
    auto client = std::make_unique<sipher::client>(context, make_options(service, proxy.port()));
    asio::steady_timer timer{context};
    restart_now_and_then(timer, service, proxy);
    int left = agents;
    for (int i = 0; i < agents; ++i) {
        asio::co_spawn(context, load.run_agent(*client), [&](const std::exception_ptr&) {
            if (--left == 0) {
                timer.cancel();
                context.stop();
            }
        });
    }
    // No operation takes longer than its total timeout: where none was begun for three times that, some hang.
    std::size_t before = 0;
    do {
        before = load.taken;
        context.run_for(60s);
    } while (left != 0 && load.taken != before);
    proxy.behave();
    proxy.break_all();
    account.leaks += count_leaks(std::move(client), context, service);
    account.add(load.records, service.ledger());
}

std::uint64_t number_from(const char* text)
{
    std::uint64_t value = 0;
    std::from_chars(text, text + std::strlen(text), value);
    return value;
}

} // namespace

int main(int count, char** arguments)
{
    try {
        const std::size_t operations = count > 1 ? number_from(arguments[1]) : 100'000;
        const std::uint64_t seed = count > 2 ? number_from(arguments[2]) : std::random_device{}();
        std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
        campaign_account account;
        for (std::size_t done = 0; done < operations; done += operations_a_round) {
            run_round(std::min(operations_a_round, operations - done), seed + done, account);
            std::fprintf(stderr, "\r%zu of %zu", account.operations, operations);
        }
        std::fprintf(stderr, "\n");
        account.print();
        return account.is_clean() && account.operations == operations ? 0 : 1;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 1;
    }
}
