// The least that a client of this service can cost: epoll and OpenSSL, the same bytes, and of a response only its end.
#include "arguments.hpp"
#include "floor_connection.hpp"

#include <unistd.h>

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

    void run()
    {
        for (std::size_t slot = 0; slot < connections_.size() && budget_.take(); ++slot, ++under_way_) {
            open(slot, nullptr);
        }
        while (under_way_ != 0) {
            poller_.wait(nullptr, [this](std::size_t slot) {
                if (connections_[slot]->receive()) {
                    go_on(slot);
                }
            });
        }
    }

private:
    void open(std::size_t slot, SSL_SESSION* session)
    {
        connections_[slot] = std::make_unique<bench::floor::connection>(tls_.get(), arguments_.port, session);
        poller_.watch(*connections_[slot], slot);
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
    bench::floor::poller poller_;
    bench::budget budget_;
    std::vector<std::unique_ptr<bench::floor::connection>> connections_;
    std::size_t under_way_ = 0;
};

void run(const bench::arguments& arguments)
{
    loop calls{arguments};
    calls.run();
    if (arguments.linger) {
        std::cout << "done" << std::endl;
        pause();
    }
}

} // namespace

int main(int count, char** values)
{
    return bench::run_program("floor", count, values, run);
}
