#include "open_loop.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <utility>

namespace asio = boost::asio;

namespace bench {

namespace {

/// Until caches, connections and the processor's clock have settled.
constexpr std::chrono::milliseconds not_counted{300};

} // namespace

open_loop::open_loop(asio::io_context& context, const arguments& settings, call prepare, call make_call)
    : context_(context), callers_(context, settings),
      interval_(std::chrono::nanoseconds{std::chrono::seconds{1}} / settings.rate),
      duration_(std::chrono::seconds{settings.seconds}), prepare_(std::move(prepare)), make_call_(std::move(make_call))
{
    // Room for all of them, so that none is late because of its neighbours' book-keeping.
    latencies_.reserve(settings.rate * settings.seconds + 1);
}

void open_loop::run()
{
    callers_.start(arrive());
    callers_.run();
    ended_ = clock::now();
}

asio::awaitable<void> open_loop::arrive()
{
    co_await prepare_();
    asio::steady_timer timer{context_};
    clock::time_point next = clock::now();
    began_ = next;
    const clock::time_point end = next + duration_;
    while (next < end) {
        timer.expires_at(next);
        co_await timer.async_wait(asio::use_awaitable);
        for (const clock::time_point now = clock::now(); next <= now && next < end; next += interval_) {
            callers_.start(one(next));
        }
    }
}

asio::awaitable<void> open_loop::one(clock::time_point scheduled)
{
    co_await make_call_();
    ++calls_;
    if (scheduled >= began_ + not_counted) {
        const std::chrono::duration<double, std::micro> taken = clock::now() - scheduled;
        latencies_.push_back(taken.count());
    }
}

void open_loop::print()
{
    std::sort(latencies_.begin(), latencies_.end());
    const auto percentile = [&](double part) {
        const auto rank = std::ceil(part * static_cast<double>(latencies_.size()));
        return latencies_.at(static_cast<std::size_t>(std::max(rank, 1.0)) - 1);
    };
    const std::chrono::duration<double> taken = ended_ - began_;
    std::cout << "{\"per_second\": " << static_cast<double>(calls_) / taken.count() << ", \"p50\": " << percentile(0.5)
              << ", \"p90\": " << percentile(0.9) << ", \"p99\": " << percentile(0.99)
              << ", \"p99.9\": " << percentile(0.999) << "}\n";
}

} // namespace bench
