#include "campaign_account.hpp"
#include "campaign_load.hpp"
#include "campaign_route.hpp"

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
#include <exception>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// usage: sipher-campaign [OPERATIONS] [SEED] [--proxy nginx]
// Operations of many agents through a proxy that breaks connections at random bytes, and a service that is restarted
// now and then; afterwards what was reported to the agents is compared with what the service did. With nginx, they also
// go through one that is restarted in between.

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using namespace sipher::test;

constexpr std::size_t operations_a_round = 10'000;
constexpr int agents = 64;

struct settings {
    std::size_t operations = 100'000;
    std::uint64_t seed = std::random_device{}();
    bool through_nginx = false;
};

sipher::client_options make_options(const campaign_route& route)
{
    sipher::client_options options = route.reach();
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

std::unique_ptr<campaign_route> make_route(const settings& how, sipher::testing::sandbox& service, std::uint64_t seed)
{
    if (!how.through_nginx) {
        return make_direct_route(service, seed);
    }
#ifdef SIPHER_CAMPAIGN_HAS_NGINX
    return make_nginx_route(service, seed);
#else
    throw std::runtime_error{"nginx was not found when this was built"};
#endif
}

/// Disturbs the route again and again, until the timer is cancelled. What was lost in between cannot be distinguished
/// from what was deleted, so it is looked up before.
void disturb_now_and_then(asio::steady_timer& timer, campaign_route& route, const std::function<void()>& look)
{
    timer.expires_after(route.calm());
    timer.async_wait([&](boost::system::error_code stopped) {
        if (!stopped) {
            look();
            route.disturb();
            disturb_now_and_then(timer, route, look);
        }
    });
}

/// How many connections the client did not give back or the service still has.
std::size_t count_leaks(std::unique_ptr<sipher::client> client, campaign_route& route, asio::io_context& context,
                        const sipher::testing::sandbox& service)
{
    const sipher::client_stats stats = client->stats();
    std::size_t leaks = stats.busy + stats.waiting;
    client.reset();
    route.end();
    // The service sees the ends a little later; without work, run_for would not wait for that.
    const auto work = asio::make_work_guard(context);
    for (int i = 0; i < 1000 && service.counters().open_connections != 0; ++i) {
        context.restart();
        context.run_for(10ms);
    }
    leaks += service.counters().open_connections;
    return leaks;
}

void run_round(const settings& how, std::size_t operations, std::uint64_t seed, campaign_account& account)
{
    asio::io_context context;
    sipher::testing::sandbox service;
    const std::unique_ptr<campaign_route> route = make_route(how, service, seed);
    campaign_load load{operations, seed};
    auto client = std::make_unique<sipher::client>(context, make_options(*route));
    const std::function<void()> look = [&] { account.find_survivors(load.deleted, service.sessions()); };
    asio::steady_timer timer{context};
    disturb_now_and_then(timer, *route, look);
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
    look();
    account.leaks += count_leaks(std::move(client), *route, context, service);
    account.add(load.records, service.ledger());
}

std::uint64_t number_from(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size()) {
        throw std::invalid_argument{"not a number: " + std::string{text}};
    }
    return value;
}

settings read_arguments(int count, char** arguments)
{
    settings how;
    std::size_t numbers = 0;
    for (int i = 1; i < count; ++i) {
        const std::string_view text = arguments[i];
        if (text == "--proxy" && i + 1 < count && std::string_view{arguments[i + 1]} == "nginx") {
            how.through_nginx = true;
            ++i;
        } else if (numbers++ == 0) {
            how.operations = number_from(text);
        } else {
            how.seed = number_from(text);
        }
    }
    return how;
}

} // namespace

int main(int count, char** arguments)
{
    try {
        const settings how = read_arguments(count, arguments);
        std::printf("seed %llu\n", static_cast<unsigned long long>(how.seed));
        campaign_account account;
        for (std::size_t done = 0; done < how.operations; done += operations_a_round) {
            run_round(how, std::min(operations_a_round, how.operations - done), how.seed + done, account);
            std::fprintf(stderr, "\r%zu of %zu", account.operations, how.operations);
        }
        std::fprintf(stderr, "\n");
        account.print();
        return account.is_clean() && account.operations == how.operations ? 0 : 1;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 1;
    }
}
