#include "latencies.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>

namespace bench {

namespace {

/// Until caches, connections and the processor's clock have settled.
constexpr std::chrono::milliseconds not_counted{300};

} // namespace

latencies::latencies(const arguments& settings)
    : interval_(std::chrono::nanoseconds{std::chrono::seconds{1}} / settings.rate),
      duration_(std::chrono::seconds{settings.seconds})
{
    // Room for all of them, so that none is late because of its neighbours' book-keeping.
    microseconds_.reserve(settings.rate * settings.seconds + 1);
}

void latencies::begin()
{
    began_ = clock::now();
    next_ = began_;
}

latencies::clock::time_point latencies::take_next()
{
    const clock::time_point due = next_;
    next_ += interval_;
    return due;
}

void latencies::add(clock::time_point due)
{
    ++calls_;
    if (due >= began_ + not_counted) {
        const std::chrono::duration<double, std::micro> taken = clock::now() - due;
        microseconds_.push_back(taken.count());
    }
}

void latencies::print()
{
    const std::chrono::duration<double> taken = clock::now() - began_;
    std::sort(microseconds_.begin(), microseconds_.end());
    const auto percentile = [&](double part) {
        const auto rank = std::ceil(part * static_cast<double>(microseconds_.size()));
        return microseconds_.at(static_cast<std::size_t>(std::max(rank, 1.0)) - 1);
    };
    std::cout << "{\"per_second\": " << static_cast<double>(calls_) / taken.count() << ", \"p50\": " << percentile(0.5)
              << ", \"p90\": " << percentile(0.9) << ", \"p99\": " << percentile(0.99)
              << ", \"p99.9\": " << percentile(0.999) << "}\n";
}

} // namespace bench
