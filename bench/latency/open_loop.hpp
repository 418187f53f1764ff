#pragma once

#include "latencies.hpp"
#include "peers/arguments.hpp"
#include "peers/callers.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>

namespace bench {

/// Calls arrive at fixed times, however long those before take.
class open_loop {
public:
    using call = std::function<boost::asio::awaitable<void>()>;

    /// @param prepare Awaited first: makes the connections.
    /// @param make_call One call, on one of them.
    open_loop(boost::asio::io_context& context, const arguments& settings, call prepare, call make_call);

    /// All calls, to the end of the last; then prints what they took. Rethrows the exception of the first one that
    /// failed.
    void run();

private:
    boost::asio::awaitable<void> arrive();
    boost::asio::awaitable<void> one(latencies::clock::time_point due);

    boost::asio::io_context& context_;
    callers callers_;
    call prepare_;
    call make_call_;
    latencies taken_;
};

} // namespace bench
