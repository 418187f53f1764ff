// Calls that arrive by themselves, on epoll and OpenSSL alone.
#include "latencies.hpp"

#include "peers/floor_connection.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace {

using clock_type = bench::latencies::clock;

class loop {
public:
    explicit loop(const bench::arguments& arguments)
        : request_(bench::floor::request_for(arguments)), tls_(bench::floor::make_context(arguments)), taken_(arguments)
    {
        for (std::size_t i = 0; i < arguments.connections; ++i) {
            calls_.push_back(std::make_unique<call>(tls_.get(), arguments.port));
            poller_.watch(calls_.back()->on, i);
            idle_.push_back(calls_.back().get());
        }
    }

    void run()
    {
        taken_.begin();
        while (taken_.has_next() || idle_.size() != calls_.size()) {
            const auto now = clock_type::now();
            while (taken_.has_next() && taken_.next() <= now && !idle_.empty()) {
                begin();
            }
            wait(taken_.has_next() && !idle_.empty());
        }
        taken_.print();
    }

private:
    /// On a connection of its own.
    struct call {
        call(SSL_CTX* context, const std::string& port) : on(context, port, nullptr) {}

        bench::floor::connection on;
        clock_type::time_point due;
    };

    void begin()
    {
        call& begun = *idle_.back();
        idle_.pop_back();
        begun.due = taken_.take_next();
        begun.on.send(request_);
    }

    /// @param until_next Not longer than until the next call is due.
    void wait(bool until_next)
    {
        const auto left = std::max<std::chrono::nanoseconds>(taken_.next() - clock_type::now(), {});
        const timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
        poller_.wait(until_next ? &timeout : nullptr, [this](std::size_t number) {
            call& ready = *calls_[number];
            if (ready.on.receive()) {
                taken_.add(ready.due);
                idle_.push_back(&ready);
            }
        });
    }

    const std::string request_;
    const bench::floor::context_ptr tls_;
    bench::floor::poller poller_;
    bench::latencies taken_;
    std::vector<std::unique_ptr<call>> calls_;
    std::vector<call*> idle_;
};

void run(const bench::arguments& arguments)
{
    loop calls{arguments};
    calls.run();
}

} // namespace

int main(int count, char** values)
{
    return bench::run_program("latency_floor", count, values, run);
}
