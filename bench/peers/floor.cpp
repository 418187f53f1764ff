// The least that a client of this service can cost: epoll and OpenSSL, the same bytes, and of a response only its end.
#include "arguments.hpp"
#include "wire.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct releaser {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
    void operator()(addrinfo* found) const { freeaddrinfo(found); }
};
using context_ptr = std::unique_ptr<SSL_CTX, releaser>;
using ssl_ptr = std::unique_ptr<SSL, releaser>;
using session_ptr = std::unique_ptr<SSL_SESSION, releaser>;

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
    const std::unique_ptr<addrinfo, releaser> found{raw};
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

class connection {
public:
    /// @param session To be resumed, or null.
    connection(SSL_CTX* context, const std::string& port, SSL_SESSION* session)
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
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() { close(descriptor_); }

    [[nodiscard]] int descriptor() const { return descriptor_; }

    void send(const std::string& request)
    {
        require(SSL_write(ssl_.get(), request.data(), static_cast<int>(request.size())) > 0, "a write failed");
    }

    /// Whether a response is complete.
    bool receive()
    {
        const int count = SSL_read(ssl_.get(), memory_.data() + size_, static_cast<int>(memory_.size() - size_));
        if (count <= 0) {
            require(SSL_get_error(ssl_.get(), count) == SSL_ERROR_WANT_READ, "a read failed");
            return false;
        }
        size_ += static_cast<std::size_t>(count);
        if (end_of_response({memory_.data(), size_}) == 0) {
            return false;
        }
        require(std::string_view{memory_.data(), size_}.starts_with("HTTP/1.1 20"), "the server refused");
        size_ = 0;
        return true;
    }

    /// Says goodbye, and returns what the next connection can resume.
    session_ptr end()
    {
        SSL_shutdown(ssl_.get());
        return session_ptr{SSL_get1_session(ssl_.get())};
    }

private:
    const int descriptor_;
    const ssl_ptr ssl_;
    std::array<char, 8192> memory_;
    std::size_t size_ = 0;
};

std::string request_for(const bench::arguments& arguments)
{
    const std::string body = bench::wire::body_of(arguments.operation);
    std::string request =
        std::string{bench::wire::method_of(arguments.operation)} + " " + bench::wire::target_of(arguments.operation) +
        " HTTP/1.1\r\nHost: localhost:" + arguments.port + "\r\nUser-Agent: " + bench::wire::user_agent +
        "\r\nAccept: application/json\r\nX-API-Key: " + bench::wire::api_key + "\r\n";
    if (!body.empty()) {
        request += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    }
    return request + "\r\n" + body;
}

class loop {
public:
    explicit loop(const bench::arguments& arguments)
        : arguments_(arguments), request_(request_for(arguments)), budget_(arguments.operations)
    {
        require(SSL_CTX_load_verify_locations(tls_.get(), arguments.ca_file.c_str(), nullptr) == 1, "no authority");
        SSL_CTX_set_verify(tls_.get(), SSL_VERIFY_PEER, nullptr);
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
        connections_[slot] = std::make_unique<connection>(tls_.get(), arguments_.port, session);
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
            const session_ptr session = connections_[slot]->end();
            connections_[slot].reset();
            open(slot, session.get());
        } else {
            connections_[slot]->send(request_);
        }
    }

    const bench::arguments& arguments_;
    const std::string request_;
    const context_ptr tls_{SSL_CTX_new(TLS_client_method())};
    const int poll_ = epoll_create1(EPOLL_CLOEXEC);
    bench::budget budget_;
    std::vector<std::unique_ptr<connection>> connections_;
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
