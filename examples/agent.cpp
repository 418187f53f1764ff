// An agent that works for minutes under one live session, through expiries, a restart of its service and an exhausted
// rate limit. A minute passes in two seconds. At the end the service's own ledger shows the defaults that each request
// actually ran under.

#include "accelerated_service.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdlib>
#include <iostream>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Generating an address twice does no harm, so the request is retried even if it may have been applied.
asio::awaitable<void> make_address(sipher::live_session live)
{
    for (bool done = false; !done;) {
        const auto result =
            co_await sipher::as_result(live.request(sipher::verb::post, "/v1/stealth/generate", boost::json::object{}));
        done = result.has_value();
        std::cout << (done ? "" : "once more: " + std::string{result.error().what()} + "\n");
    }
}

/// Works until three sessions have expired.
asio::awaitable<void> work(sipher::client client, sipher::session_defaults defaults, sipher::testing::sandbox& service)
{
    sipher::session_defaults foreign;
    foreign.chain = sipher::chain::solana;
    sipher::live_session_options options;
    options.time_to_live = 60s;
    options.check_every = 5s;
    options.timeout = 0ms;
    int expired = 0;
    options.on_replacement = [&expired](const sipher::replacement_event& event) {
        expired += event.new_id && event.reason == sipher::replacement_reason::expiring ? 1 : 0;
        std::cout << "replaced (" << event.reason << ") " << event.old_id << "\n";
    };
    const sipher::live_session live = co_await sipher::live_session::start(client, defaults, options);
    asio::steady_timer pause{co_await asio::this_coro::executor};
    for (int i = 0; expired < 3 && i < 10000; ++i) {
        if (i == 5) {
            std::cout << "the service restarts and forgets all sessions\n";
            service.restart();
        } else if (i == 20) {
            std::cout << "somebody else updates " << live.id() << "\n";
            co_await sipher::as_result(client.update_session(live.id(), foreign));
        }
        co_await make_address(live);
        pause.expires_after(i >= 40 && i < 100 ? 1ms : 50ms); // in between, faster than the rate limit allows
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_await live.close();
}

int main()
{
    try {
        accelerated_service service{60};
        sipher::session_defaults intended;
        intended.chain = sipher::chain::near;
        intended.privacy_level = sipher::privacy_level::shielded;
        asio::io_context context;
        auto working = work(sipher::client{context, service.options}, intended, *service.sandbox);
        auto done = asio::co_spawn(context, std::move(working), asio::use_future);
        context.run();
        done.get();
        service.print_ledger(intended);
        return EXIT_SUCCESS;
    } catch (const std::exception& problem) {
        std::cerr << "agent: " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
}
