// Calls that arrive by themselves, on epoll and OpenSSL alone.
#include "latencies.hpp"

#include "peers/floor_connection.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <memory>
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
            epoll_event event{};
            event.events = EPOLLIN | EPOLLET;
            event.data.ptr = calls_.back().get();
            epoll_ctl(poll_, EPOLL_CTL_ADD, calls_.back()->on.descriptor(), &event);
            idle_.push_back(calls_.back().get());
        }
    }
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;
    ~loop() { close(poll_); }

    void run()
    {
        const clock_type::time_point end = taken_.begin();
        next_ = clock_type::now();
        while (next_ < end || idle_.size() != calls_.size()) {
            for (const auto now = clock_type::now(); next_ <= now && next_ < end && !idle_.empty();) {
                begin();
            }
            wait(next_ < end && !idle_.empty());
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
        begun.due = next_;
        next_ += taken_.interval();
        begun.on.send(request_);
    }

    /// @param until_next Not longer than until the next call is due.
    void wait(bool until_next)
    {
        const auto left = std::max<std::chrono::nanoseconds>(next_ - clock_type::now(), std::chrono::nanoseconds{});
        const timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
        std::array<epoll_event, 128> events{};
        const int count = epoll_pwait2(poll_, events.data(), static_cast<int>(events.size()),
                                       until_next ? &timeout : nullptr, nullptr);
        for (int i = 0; i < count; ++i) {
            call& ready = *static_cast<call*>(events.at(static_cast<std::size_t>(i)).data.ptr);
            if (ready.on.receive()) {
                taken_.add(ready.due);
                idle_.push_back(&ready);
            }
        }
    }

    const std::string request_;
    const bench::floor::context_ptr tls_;
    const int poll_ = epoll_create1(EPOLL_CLOEXEC);
    bench::latencies taken_;
    std::vector<std::unique_ptr<call>> calls_;
    std::vector<call*> idle_;
    clock_type::time_point next_;
};

} // namespace

int main(int count, char** values)
{
    const bench::arguments arguments = bench::parse_arguments(count, values);
    try {
        loop calls{arguments};
        calls.run();
        return EXIT_SUCCESS;
    } catch (const std::exception& problem) {
        std::cerr << "latency_floor: " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
}
