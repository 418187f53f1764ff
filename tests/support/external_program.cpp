#include "support/external_program.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>

namespace sipher::test {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

[[noreturn]] void become(std::vector<char*>& arguments)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int each : {0, 1, 2}) {
        ::dup2(nothing, each);
    }
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

bool accepts(std::uint16_t port)
{
    asio::io_context context;
    tcp::socket socket{context};
    boost::system::error_code failure;
    socket.connect({asio::ip::address_v4::loopback(), port}, failure);
    return !failure;
}

} // namespace

std::uint16_t free_port()
{
    asio::io_context context;
    const tcp::acceptor nobody{context, tcp::endpoint{asio::ip::address_v4::loopback(), 0}};
    return nobody.local_endpoint().port();
}

external_program::external_program(const std::vector<std::string>& command, std::uint16_t port)
{
    std::vector<std::string> words = command;
    std::vector<char*> arguments;
    for (std::string& each : words) {
        arguments.push_back(each.data());
    }
    arguments.push_back(nullptr);
    process_ = ::fork();
    if (process_ == 0) {
        become(arguments);
    }
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!accepts(port)) {
        const bool has_ended = ::waitpid(process_, nullptr, WNOHANG) != 0;
        if (has_ended || std::chrono::steady_clock::now() > give_up) {
            if (!has_ended) {
                ::kill(process_, SIGKILL);
                ::waitpid(process_, nullptr, 0);
            }
            throw std::runtime_error{command.front() + (has_ended ? " ended" : " does not accept connections")};
        }
        ::sched_yield();
    }
}

external_program::~external_program()
{
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
}

} // namespace sipher::test
