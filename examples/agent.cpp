// An agent that works for minutes under one live session, while its service does what services do; a minute passes in
// two seconds. At the end the service's ledger tells under which defaults each request really ran.

#include <sipher/sipher.hpp>
#include <sipher/testing.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/serialize.hpp>

#include <iostream>
#include <map>

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

void disturb(int after, sipher::testing::sandbox& service)
{
    if (after == 30) {
        std::cout << "the service restarts and forgets all sessions\n";
        service.restart();
    }
}

/// Works until three sessions have expired.
asio::awaitable<int> work(sipher::client client, sipher::testing::sandbox& service)
{
    sipher::session_defaults defaults;
    defaults.chain = sipher::chain::near;
    defaults.privacy_level = sipher::privacy_level::shielded;
    int expired = 0, failed = 0;
    sipher::live_session_options options;
    options.time_to_live = 60s;
    options.check_every = 10s;
    options.on_replacement = [&expired](const sipher::replacement_event& event) {
        expired += event.new_id && event.reason == sipher::replacement_reason::expiring ? 1 : 0;
        std::cout << "replaced (" << event.reason << ") " << event.old_id << "\n";
    };
    const sipher::live_session live = co_await sipher::live_session::start(client, defaults, options);
    asio::steady_timer pause{co_await asio::this_coro::executor};
    for (int i = 0; expired < 3; ++i) {
        disturb(i, service);
        if (i == 60) {
            std::cout << "somebody else updates " << live.id() << "\n";
            sipher::session_defaults foreign;
            foreign.chain = sipher::chain::solana;
            co_await sipher::as_result(client.update_session(live.id(), foreign));
        }
        const auto made =
            co_await sipher::as_result(live.request(sipher::verb::post, "/v1/stealth/generate", json::object{}));
        failed += made ? 0 : 1;
        pause.expires_after(50ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_await live.close();
    co_return failed;
}

int main()
{
    sipher::testing::sandbox_options rules;
    rules.clock = std::make_shared<sipher::testing::accelerated_clock>(30);
    rules.rate_limit = 20; // a minute: sometimes the agent has to wait for the next window
    sipher::testing::sandbox service{rules};
    sipher::client_options options = service.options();
    options.clock = rules.clock;
    options.timeouts.total = 0ms;
    asio::io_context context;
    auto failed = asio::co_spawn(context, work(sipher::client{context, options}, service), asio::use_future);
    context.run();
    std::map<std::string, int> ledger;
    for (const auto& entry : service.ledger()) {
        const auto& under = entry.effective_defaults;
        ++ledger[entry.method + (under ? " under " + json::serialize(json::value_from(*under)) : " of a session")];
    }
    std::cout << "\nThe service's ledger, with " << failed.get() << " failures:\n";
    for (const auto& [what, count] : ledger) {
        std::cout << count << " × " << what << "\n";
    }
}
