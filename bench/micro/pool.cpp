// What it takes to lease a connection and to give it back, with nobody waiting and with many.
#include "pool/connection_schedule.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace detail = sipher::detail;

const detail::pool_time now{detail::pool_time{}.now + 1h, detail::pool_time{}.wall + 1h};

/// A pool with connections that are all idle.
class filled_pool {
public:
    explicit filled_pool(std::size_t size) : core_(rules(size)), connections_(size)
    {
        for (detail::pooled& each : connections_) {
            detail::pool_waiter first;
            (void)core_.enqueue(first);
            (void)core_.begin_dials(closed_);
            (void)core_.dial_succeeded(each, now);
            (void)core_.give_back(each, true, 5s, now);
        }
    }

    ~filled_pool()
    {
        core_.expire_all(closed_);
        closed_.clear();
    }

    detail::pooled* lease() { return core_.take_idle(now, false, closed_); }
    detail::connection_schedule& core() { return core_; }

private:
    static detail::pool_rules rules(std::size_t size)
    {
        detail::pool_rules made;
        made.max_connections = size;
        made.max_idle = size;
        made.max_waiting = 100'000;
        made.idle_timeout = 4s;
        return made;
    }

    detail::connection_schedule core_;
    std::vector<detail::pooled> connections_;
    detail::pooled_list closed_;
};

void lease_and_give_back(benchmark::State& state)
{
    filled_pool pool{static_cast<std::size_t>(state.range(0))};
    for (auto _ : state) {
        detail::pooled* const leased = pool.lease();
        auto result = pool.core().give_back(*leased, true, 5s, now);
        benchmark::DoNotOptimize(result);
    }
}

void give_back_to_waiter(benchmark::State& state)
{
    filled_pool pool{1};
    detail::pooled* const leased = pool.lease();
    std::vector<detail::pool_waiter> waiters(static_cast<std::size_t>(state.range(0)));
    for (detail::pool_waiter& each : waiters) {
        (void)pool.core().enqueue(each);
    }
    for (auto _ : state) {
        auto result = pool.core().give_back(*leased, true, 5s, now);
        (void)pool.core().enqueue(*result.waiter);
    }
    while (pool.core().pop_waiter() != nullptr) {
    }
    (void)pool.core().give_back(*leased, true, 5s, now);
}

} // namespace

BENCHMARK(lease_and_give_back)->Arg(8)->Arg(1024);
BENCHMARK(give_back_to_waiter)->Arg(1)->Arg(100'000);
