#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <csignal>
#include <utility>

/// Ends on Ctrl-C, with the results so far.
template <class T>
boost::asio::awaitable<T> until_interrupted(boost::asio::awaitable<T> work)
{
    namespace asio = boost::asio;
    const auto executor = co_await asio::this_coro::executor;
    asio::cancellation_signal stop;
    asio::signal_set interrupts{executor, SIGINT, SIGTERM};
    interrupts.async_wait([&stop](boost::system::error_code failure, int) {
        if (!failure) {
            stop.emit(asio::cancellation_type::terminal);
        }
    });
    auto all =
        asio::co_spawn(executor, std::move(work), asio::bind_cancellation_slot(stop.slot(), asio::use_awaitable));
    co_return co_await std::move(all);
}
