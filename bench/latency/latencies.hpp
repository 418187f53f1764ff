#pragma once

#include "peers/arguments.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace bench {

/// What calls took that arrive at fixed times.
class latencies {
public:
    using clock = std::chrono::steady_clock;

    explicit latencies(const arguments& settings);

    [[nodiscard]] clock::duration interval() const { return interval_; }

    /// The first call is due now. Returns when the last was to have begun.
    clock::time_point begin();
    /// A call has ended. Its latency runs from the moment when it was due, so that a client that is late does not make
    /// itself look better.
    void add(clock::time_point due);
    /// Prints calls a second until now, and percentiles in microseconds, as JSON.
    void print();

private:
    const clock::duration interval_;
    const clock::duration duration_;
    clock::time_point began_;
    std::size_t calls_ = 0;
    std::vector<double> microseconds_;
};

} // namespace bench
