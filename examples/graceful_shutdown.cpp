// A service that runs 500 agents, each under its own session, until it is stopped: on SIGTERM or Ctrl-C it cancels them
// all and leaves no session behind, or says which. `graceful_shutdown 2` stops itself after two seconds.

#include "example_arguments.hpp"

#include <sipher/sipher.hpp>
#include <sipher/testing/sandbox.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <list>
#include <string>
#include <string_view>

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Works until cancelled; `with_session` then deletes the session.
asio::awaitable<void> run_agent(sipher::client client)
{
    sipher::session_defaults defaults;
    defaults.chain = sipher::chain::near;
    auto work = [client](sipher::session session) -> asio::awaitable<void> {
        asio::steady_timer pause{co_await asio::this_coro::executor};
        sipher::call_options options;
        options.session = session;
        for (;;) {
            co_await client.request(sipher::verb::post, "/v1/stealth/generate", boost::json::object{}, options);
            pause.expires_after(500ms);
            co_await pause.async_wait(asio::use_awaitable);
        }
    };
    co_await sipher::with_session(client, defaults, 10min, work);
}

asio::awaitable<std::size_t> serve(sipher::client client, asio::signal_set& stop)
{
    const auto executor = co_await asio::this_coro::executor;
    std::list<asio::cancellation_signal> agents;
    for (int i = 0; i < 500; ++i) {
        asio::co_spawn(executor, run_agent(client),
                       asio::bind_cancellation_slot(agents.emplace_back().slot(), [](const std::exception_ptr&) {}));
    }
    std::cout << "500 agents; end with kill -TERM or Ctrl-C" << std::endl;
    co_await stop.async_wait(asio::use_awaitable);
    for (asio::cancellation_signal& agent : agents) {
        agent.emit(asio::cancellation_type::terminal);
    }
    const sipher::shutdown_report report = co_await client.shutdown(5s);
    for (const sipher::session_id& id : report.sessions_left) {
        std::cout << id << " could not be deleted\n";
    }
    co_return report.sessions_left.size();
}

int main(int argc, char* argv[])
try {
    if (argc > 1 && argv[1] == std::string_view{"--help"}) {
        std::cout << "usage: graceful_shutdown [SECONDS]\nWithout SECONDS, it runs until SIGTERM or Ctrl-C.\n";
        return EXIT_SUCCESS;
    }
    const std::chrono::seconds duration{argc > 1 ? parse_number(argv[1], "SECONDS", 3600) : 0};
    sipher::testing::sandbox service;
    asio::io_context context;
    asio::signal_set stop{context, SIGTERM, SIGINT};
    asio::steady_timer alarm{context, duration};
    if (argc > 1) {
        alarm.async_wait([](boost::system::error_code) { std::raise(SIGTERM); });
    }
    auto left = asio::co_spawn(context, serve(sipher::client{context, service.options()}, stop), asio::use_future);
    context.run();
    std::cout << left.get() << " sessions named, " << service.sessions().size() << " of " << service.counters().created
              << " left on the service\n";
    return service.sessions().empty() ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (const std::exception& problem) {
    std::cerr << "graceful_shutdown: " << problem.what() << "\n";
    return EXIT_FAILURE;
}
