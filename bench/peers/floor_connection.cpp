#include "floor_connection.hpp"

#include "wire.hpp"

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <stdexcept>
#include <string_view>

namespace bench::floor {

namespace {

void require(bool holds, const char* what)
{
    if (!holds) {
        throw std::runtime_error{what};
    }
}

int connect_to(const std::string& port)
{
    addrinfo* raw = nullptr;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    require(getaddrinfo("localhost", port.c_str(), &hints, &raw) == 0, "the name is not known");
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> found{raw, freeaddrinfo};
    for (const addrinfo* each = raw; each != nullptr; each = each->ai_next) {
        const int descriptor = socket(each->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(descriptor, each->ai_addr, each->ai_addrlen) == 0) {
            const int yes = 1;
            setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            return descriptor;
        }
        close(descriptor);
    }
    throw std::runtime_error{"no connection"};
}

/// Where the response at the beginning of `text` ends; zero: not yet.
std::size_t end_of_response(std::string_view text)
{
    constexpr std::string_view length_field = "\r\nContent-Length: ";
    const std::size_t header = text.find("\r\n\r\n");
    if (header == std::string_view::npos) {
        return 0;
    }
    const std::size_t at = text.substr(0, header).find(length_field);
    require(at != std::string_view::npos, "a response without a length");
    std::size_t length = 0;
    std::from_chars(text.data() + at + length_field.size(), text.data() + header, length);
    const std::size_t size = header + 4 + length;
    return size <= text.size() ? size : 0;
}

} // namespace

context_ptr make_context(const arguments& settings)
{
    context_ptr context{SSL_CTX_new(TLS_client_method())};
    require(SSL_CTX_load_verify_locations(context.get(), settings.ca_file.c_str(), nullptr) == 1, "no authority");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return context;
}

std::string request_for(const arguments& settings)
{
    const std::string body = wire::body_of(settings.operation);
    std::string request = std::string{wire::method_of(settings.operation)} + " " + wire::target_of(settings.operation) +
                          " HTTP/1.1\r\nHost: localhost:" + settings.port + "\r\nUser-Agent: " + wire::user_agent +
                          "\r\nAccept: application/json\r\nX-API-Key: " + wire::api_key + "\r\n";
    if (!body.empty()) {
        request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    }
    return request + "\r\n" + body;
}

connection::connection(SSL_CTX* context, const std::string& port, SSL_SESSION* session)
    : descriptor_(connect_to(port)), ssl_(SSL_new(context))
{
    SSL_set_fd(ssl_.get(), descriptor_);
    SSL_set_tlsext_host_name(ssl_.get(), "localhost");
    SSL_set1_host(ssl_.get(), "localhost");
    if (session != nullptr) {
        SSL_set_session(ssl_.get(), session);
    }
    require(SSL_connect(ssl_.get()) == 1, "the TLS handshake failed");
    fcntl(descriptor_, F_SETFL, fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

connection::~connection()
{
    close(descriptor_);
}

void connection::send(const std::string& request)
{
    require(SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) > 0, "a write failed");
}

bool connection::receive()
{
    do {
        const int count = SSL_read(ssl_.get(), memory_.data() + size_, static_cast<int>(memory_.size() - size_));
        if (count <= 0) {
            require(SSL_get_error(ssl_.get(), count) == SSL_ERROR_WANT_READ, "a read failed");
            return false;
        }
        size_ += static_cast<std::size_t>(count);
    } while (end_of_response({memory_.data(), size_}) == 0);
    require(std::string_view{memory_.data(), size_}.starts_with("HTTP/1.1 20"), "the server refused");
    size_ = 0;
    return true;
}

session_ptr connection::end()
{
    SSL_shutdown(ssl_.get());
    return session_ptr{SSL_get1_session(ssl_.get())};
}

poller::poller() : poll_(epoll_create1(EPOLL_CLOEXEC)) {}

poller::~poller()
{
    close(poll_);
}

std::size_t poller::look(const timespec* timeout)
{
    const int size = static_cast<int>(events_.size());
    // Valgrind, which counts the floor's instructions, does not know the second.
    const int count = timeout == nullptr ? epoll_wait(poll_, events_.data(), size, -1)
                                         : epoll_pwait2(poll_, events_.data(), size, timeout, nullptr);
    require(count >= 0 || errno == EINTR, "waiting for a response failed");
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

void poller::watch(const connection& which, std::size_t number)
{
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = number;
    epoll_ctl(poll_, EPOLL_CTL_ADD, which.descriptor(), &event);
}

} // namespace bench::floor
