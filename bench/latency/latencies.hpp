#pragma once

#include "peers/arguments.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace bench {

/// Calls that arrive at fixed times, and what they took.
class latencies {
public:
    using clock = std::chrono::steady_clock;

    explicit latencies(const arguments& settings);

    /// The first call is due now.
    void begin();
    /// Whether there is a next call, and when it is due.
    [[nodiscard]] bool has_next() const { return next_ < began_ + duration_; }
    [[nodiscard]] clock::time_point next() const { return next_; }
    /// It begins. Returns when it was due.
    clock::time_point take_next();
    /// A call has ended. Its latency runs from the moment when it was due, so that a client that is late does not make
    /// itself look better.
    void add(clock::time_point due);
    /// Prints calls a second until now, and percentiles in microseconds, as JSON.
    void print();

private:
    const clock::duration interval_;
    const clock::duration duration_;
    clock::time_point began_;
    clock::time_point next_;
    std::size_t calls_ = 0;
    std::vector<double> microseconds_;
};

} // namespace bench
