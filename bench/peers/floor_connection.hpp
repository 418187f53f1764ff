#pragma once

#include "arguments.hpp"

#include <openssl/ssl.h>

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>

/// What the clients without any library share: a socket with OpenSSL, and of a response only its end.
namespace bench::floor {

struct releaser {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using context_ptr = std::unique_ptr<SSL_CTX, releaser>;
using ssl_ptr = std::unique_ptr<SSL, releaser>;
using session_ptr = std::unique_ptr<SSL_SESSION, releaser>;

/// Trusts the authority of the server.
context_ptr make_context(const arguments& settings);

/// What is sent for each call.
std::string request_for(const arguments& settings);

class connection {
public:
    /// Connects and shakes hands. Throws std::runtime_error if that fails.
    /// @param session To be resumed, or null.
    connection(SSL_CTX* context, const std::string& port, SSL_SESSION* session);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    [[nodiscard]] int descriptor() const { return descriptor_; }

    void send(const std::string& request);
    /// Whether a response is complete. Throws std::runtime_error for a failure of any kind.
    bool receive();
    /// Says goodbye, and returns what the next connection can resume.
    session_ptr end();

private:
    const int descriptor_;
    const ssl_ptr ssl_;
    std::array<char, 8192> memory_;
    std::size_t size_ = 0;
};

/// Connections, by numbers of the caller's.
class poller {
public:
    poller();
    poller(const poller&) = delete;
    poller& operator=(const poller&) = delete;
    ~poller();

    void watch(const connection& which, std::size_t number);

    /// Calls `ready(number)` for each that may have something to be received.
    /// @param timeout Null: until there is one.
    template <class Ready>
    void wait(const timespec* timeout, const Ready& ready)
    {
        const std::size_t count = look(timeout);
        for (std::size_t i = 0; i < count; ++i) {
            ready(static_cast<std::size_t>(events_.at(i).data.u64));
        }
    }

private:
    /// Throws std::runtime_error if the system refuses.
    std::size_t look(const timespec* timeout);

    const int poll_;
    std::array<epoll_event, 128> events_{};
};

} // namespace bench::floor
