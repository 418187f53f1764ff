// The same call with a future, with a callback, and without exceptions: `sipher::async_call` takes any completion
// token.

#include "example_service.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdlib>
#include <future>
#include <iostream>
#include <latch>

namespace asio = boost::asio;
using namespace std::chrono_literals;

sipher::session with_future(asio::thread_pool& threads, sipher::client client)
{
    std::future<sipher::session> session = sipher::async_call(
        threads.get_executor(), client.create_session(sipher::session_defaults{}, 5min), asio::use_future);
    return session.get(); // throws boost::system::system_error
}

void with_callback(asio::thread_pool& threads, sipher::client client, sipher::session_id id)
{
    std::latch done{1};
    sipher::error diagnostics;
    auto handler = [&](boost::system::error_code failure, sipher::session session) {
        if (failure) {
            std::cout << "callback   " << diagnostics.what() << "\n";
        } else {
            std::cout << "callback   " << session << "\n";
        }
        done.count_down();
    };
    sipher::async_call(threads.get_executor(), client.get_session(id), diagnostics, handler);
    done.wait();
}

asio::awaitable<void> with_tuple(sipher::client client, sipher::session_id id)
{
    const auto executor = co_await asio::this_coro::executor;
    auto deleting = sipher::async_call(executor, client.delete_session(id), asio::as_tuple(asio::use_awaitable));
    const auto [failure, deleted] = co_await std::move(deleting);
    std::cout << "as_tuple   " << (failure ? "failed" : "deleted ") << deleted.id << "\n";
}

asio::awaitable<void> with_result(sipher::client client, sipher::session_id id)
{
    const sipher::result<sipher::session> session = co_await sipher::as_result(client.get_session(id));
    if (session) {
        std::cout << "as_result  " << *session << "\n";
    } else if (session.error().code() == sipher::condition::not_found) {
        std::cout << "as_result  " << session.error().what() << "\n";
    }
}

int main()
{
    try {
        example_service service;
        asio::thread_pool threads{1};
        const sipher::client client{threads, service.options};

        const sipher::session session = with_future(threads, client);
        std::cout << "future     " << session << "\n";
        with_callback(threads, client, session.id);
        asio::co_spawn(threads, with_tuple(client, session.id), asio::use_future).get();
        asio::co_spawn(threads, with_result(client, session.id), asio::use_future).get();
        return EXIT_SUCCESS;
    } catch (const std::exception& problem) {
        std::cerr << "tokens: " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
}
