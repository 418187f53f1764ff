#pragma once

#include "sandbox/certificates.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace sipher::test {

/// The behaviour of a `tls_server`.
struct tls_server_options {
    tls_server_options() = default;

    /// Its certificate, followed by any others of its chain.
    testing::detail::pem_pair identity;
    /// Zero: any free port.
    std::uint16_t port = 0;
    /// The authority (in PEM) that must have signed the client's certificate; empty: no certificate is requested.
    std::string demand_certificate_of;
    /// Final configuration of its context, before any connection.
    std::function<void(SSL_CTX*)> configure;
    /// Called after the handshake, before the first request is read.
    std::function<void(SSL*)> after_handshake;
    /// Called before a response is written, and after it was.
    std::function<void(SSL*)> before_response;
    std::function<void(SSL*)> after_response;
    std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    /// Closes after the response, with close_notify unless `bare_fin`.
    bool close_after_response = true;
    bool bare_fin = false;
};

/// A blocking TLS server on this machine, with one thread per connection, which shares no code with the library and
/// records what it decrypted.
class tls_server {
public:
    explicit tls_server(tls_server_options options);
    tls_server(const tls_server&) = delete;
    tls_server& operator=(const tls_server&) = delete;
    ~tls_server();

    struct seen {
        seen() = default;
        std::uint64_t connections = 0;
        std::uint64_t handshakes = 0;
        std::uint64_t resumed = 0;
        std::uint64_t requests = 0;
        /// Decrypted.
        std::uint64_t application_bytes = 0;
        /// Tickets that were used a second time.
        std::uint64_t repeated_tickets = 0;
        /// Connections that the client ended with close_notify.
        std::uint64_t proper_ends = 0;
        /// Requested server names (SNI); empty if none.
        std::vector<std::string> server_names;
    };

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] seen account() const;

private:
    struct free_context {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    };

    static int on_ticket_made(SSL* ssl, void* self);
    static SSL_TICKET_RETURN on_ticket_shown(SSL* ssl, SSL_SESSION* session, const unsigned char* name,
                                             std::size_t name_size, SSL_TICKET_STATUS status, void* self);

    void accept();
    void serve(int socket);
    void talk(SSL* ssl);
    bool response(SSL* ssl, std::string& request);

    const tls_server_options options_;
    const std::unique_ptr<SSL_CTX, free_context> context_;
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    const std::uint16_t port_;
    mutable std::mutex mutex_;
    seen seen_;
    std::uint64_t tickets_made_ = 0;
    std::set<std::uint64_t> tickets_shown_;
    std::set<int> sockets_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
    std::thread acceptor_thread_;
};

} // namespace sipher::test
