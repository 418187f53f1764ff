// Four ways to end a call early: a timeout, `||`, a cancellation signal, and Ctrl-C. Each time the error says what the
// call may have changed. (The real service, unlike the sandbox, may well respond before it is interrupted.)

#include "example_service.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

constexpr auto time_limit = 100ms;

/// Creates a session and prints the result.
asio::awaitable<void> create(const char* step, sipher::client client, sipher::call_options options = {})
{
    const auto created = co_await sipher::as_result(client.create_session(sipher::session_defaults{}, 60s, options));
    if (created) {
        std::cout << step << "created " << created->id << "\n";
    } else {
        std::cout << step << created.error().outcome() << " - " << created.error().what() << "\n";
    }
}

void later(asio::steady_timer& timer, std::function<void()> action)
{
    timer.expires_after(time_limit);
    timer.async_wait([action = std::move(action)](boost::system::error_code cancelled) {
        if (!cancelled) {
            action();
        }
    });
}

asio::awaitable<void> end_early(sipher::client client)
{
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor};
    sipher::call_options hurried;
    hurried.total_timeout = time_limit;
    co_await create("timeout   ", client, hurried);

    timer.expires_after(time_limit);
    co_await (create("||        ", client) || timer.async_wait(asio::use_awaitable));

    asio::cancellation_signal stop;
    later(timer, [&stop] { stop.emit(asio::cancellation_type::terminal); });
    co_await asio::co_spawn(executor, create("signal    ", client),
                            asio::bind_cancellation_slot(stop.slot(), asio::use_awaitable));

    asio::signal_set interrupts{executor, SIGINT};
    later(timer, [] { std::raise(SIGINT); }); // as Ctrl-C does
    co_await (create("Ctrl-C    ", client) || interrupts.async_wait(asio::use_awaitable));
    co_await create("after all ", client);
}

int main()
{
    try {
        example_service service;
        if (service.sandbox) {
            service.sandbox->add_faults(4, sipher::testing::fault::silence()); // acted on, without a response
        }
        asio::io_context context;
        auto done = asio::co_spawn(context, end_early(sipher::client{context, service.options}), asio::use_future);
        context.run();
        done.get();
        return EXIT_SUCCESS;
    } catch (const std::exception& problem) {
        std::cerr << "cancellation: " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
}
