#pragma once

#include "arguments.hpp"

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
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

} // namespace bench::floor
