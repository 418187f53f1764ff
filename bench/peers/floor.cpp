// The least that a client of this service can cost: epoll and OpenSSL, the same bytes, and of a response only its end.
#include "arguments.hpp"
#include "floor_connection.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

class loop {
public:
    explicit loop(const bench::arguments& arguments)
        : arguments_(arguments), request_(bench::floor::request_for(arguments)),
          tls_(bench::floor::make_context(arguments)), budget_(arguments.operations)
    {
        connections_.resize(arguments.connections);
    }
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;
    ~loop() { close(poll_); }

    void run()
    {
        for (std::size_t slot = 0; slot < connections_.size() && budget_.take(); ++slot, ++under_way_) {
            open(slot, nullptr);
        }
        std::array<epoll_event, 128> events{};
        while (under_way_ != 0) {
            const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < count; ++i) {
                const std::size_t slot = events.at(static_cast<std::size_t>(i)).data.u64;
                if (connections_[slot]->receive()) {
                    go_on(slot);
                }
            }
        }
    }

private:
    void open(std::size_t slot, SSL_SESSION* session)
    {
        connections_[slot] = std::make_unique<bench::floor::connection>(tls_.get(), arguments_.port, session);
        epoll_event event{};
        event.events = EPOLLIN | EPOLLET;
        event.data.u64 = slot;
        epoll_ctl(poll_, EPOLL_CTL_ADD, connections_[slot]->descriptor(), &event);
        connections_[slot]->send(request_);
    }

    void go_on(std::size_t slot)
    {
        if (!budget_.take()) {
            --under_way_;
        } else if (arguments_.fresh) {
            const bench::floor::session_ptr session = connections_[slot]->end();
            connections_[slot].reset();
            open(slot, session.get());
        } else {
            connections_[slot]->send(request_);
        }
    }

    const bench::arguments& arguments_;
    const std::string request_;
    const bench::floor::context_ptr tls_;
    const int poll_ = epoll_create1(EPOLL_CLOEXEC);
    bench::budget budget_;
    std::vector<std::unique_ptr<bench::floor::connection>> connections_;
    std::size_t under_way_ = 0;
};

} // namespace

int main(int count, char** values)
{
    const bench::arguments arguments = bench::parse_arguments(count, values);
    try {
        loop calls{arguments};
        calls.run();
        if (arguments.linger) {
            std::cout << "done" << std::endl;
            pause();
        }
        return EXIT_SUCCESS;
    } catch (const std::exception& problem) {
        std::cerr << "floor: " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
}
