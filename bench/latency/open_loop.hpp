#pragma once

#include "peers/arguments.hpp"
#include "peers/callers.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace bench {

/// Calls arrive at fixed times, however long those before take. A call's latency runs from the moment when it was to
/// begin, so that a client that is late does not make itself look better.
class open_loop {
public:
    using call = std::function<boost::asio::awaitable<void>()>;

    /// @param prepare Awaited first: makes the connections.
    /// @param make_call One call, on one of them.
    open_loop(boost::asio::io_context& context, const arguments& settings, call prepare, call make_call);

    /// All calls, to the end of the last. Rethrows the exception of the first one that failed.
    void run();
    /// Prints calls a second, and percentiles in microseconds, as JSON.
    void print();

private:
    using clock = std::chrono::steady_clock;

    boost::asio::awaitable<void> arrive();
    boost::asio::awaitable<void> one(clock::time_point scheduled);

    boost::asio::io_context& context_;
    callers callers_;
    std::chrono::nanoseconds interval_;
    std::chrono::nanoseconds duration_;
    call prepare_;
    call make_call_;
    clock::time_point began_;
    clock::time_point ended_;
    std::size_t calls_ = 0;
    std::vector<double> latencies_;
};

} // namespace bench
