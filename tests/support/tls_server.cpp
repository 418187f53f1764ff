#include "support/tls_server.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ssl/context.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <utility>

namespace sipher::test {

namespace {

namespace asio = boost::asio;

SSL_CTX* make_context(const tls_server_options& options)
{
    asio::ssl::context context{asio::ssl::context::tls_server};
    // Allows certificates as weak as a test needs.
    SSL_CTX_set_security_level(context.native_handle(), 0);
    context.use_certificate_chain(asio::buffer(options.identity.certificate));
    context.use_private_key(asio::buffer(options.identity.private_key), asio::ssl::context::pem);
    if (!options.demand_certificate_of.empty()) {
        context.add_certificate_authority(asio::buffer(options.demand_certificate_of));
        context.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    SSL_CTX_set_session_id_context(context.native_handle(), reinterpret_cast<const unsigned char*>("test"), 4);
    SSL_CTX_up_ref(context.native_handle());
    return context.native_handle();
}

} // namespace

tls_server::tls_server(tls_server_options options)
    : options_(std::move(options)), context_(make_context(options_)),
      acceptor_(io_, asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), options_.port}),
      port_(acceptor_.local_endpoint().port())
{
    // OpenSSL may write to sockets that the peer has closed.
    std::signal(SIGPIPE, SIG_IGN); // NOLINT(cert-err33-c): there is nothing to do about a failure
    SSL_CTX_set_session_ticket_cb(context_.get(), on_ticket_made, on_ticket_shown, this);
    if (options_.configure) {
        options_.configure(context_.get());
    }
    acceptor_thread_ = std::thread{[this] { accept(); }};
}

tls_server::~tls_server()
{
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
        for (const int each : sockets_) {
            ::shutdown(each, SHUT_RDWR);
        }
    }
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    acceptor_thread_.join();
    for (std::thread& each : threads_) {
        each.join();
    }
}

tls_server::seen tls_server::account() const
{
    const std::lock_guard lock{mutex_};
    return seen_;
}

int tls_server::on_ticket_made(SSL* ssl, void* self)
{
    auto* const server = static_cast<tls_server*>(self);
    const std::lock_guard lock{server->mutex_};
    const std::uint64_t number = ++server->tickets_made_;
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), &number, sizeof number);
}

SSL_TICKET_RETURN tls_server::on_ticket_shown(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t,
                                              SSL_TICKET_STATUS status, void* self)
{
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    auto* const server = static_cast<tls_server*>(self);
    void* data = nullptr;
    std::size_t size = 0;
    std::uint64_t number = 0;
    SSL_SESSION_get0_ticket_appdata(session, &data, &size);
    std::memcpy(&number, data, sizeof number);
    const std::lock_guard lock{server->mutex_};
    server->seen_.repeated_tickets += server->tickets_shown_.insert(number).second ? 0 : 1;
    return SSL_TICKET_RETURN_USE_RENEW;
}

void tls_server::accept()
{
    for (;;) {
        const int socket = ::accept(acceptor_.native_handle(), nullptr, nullptr);
        const std::lock_guard lock{mutex_};
        if (socket < 0 || stopping_) {
            if (socket >= 0) {
                ::close(socket);
            }
            return;
        }
        ++seen_.connections;
        sockets_.insert(socket);
        threads_.emplace_back([this, socket] { serve(socket); });
    }
}

void tls_server::serve(int socket)
{
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(context_.get()), &SSL_free};
    SSL_set_fd(ssl.get(), socket);
    if (SSL_accept(ssl.get()) == 1) {
        {
            const std::lock_guard lock{mutex_};
            ++seen_.handshakes;
            seen_.resumed += SSL_session_reused(ssl.get()) == 1 ? 1 : 0;
            const char* const name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
            seen_.server_names.emplace_back(name != nullptr ? name : "");
        }
        if (options_.after_handshake) {
            options_.after_handshake(ssl.get());
        }
        talk(ssl.get());
    }
    const std::lock_guard lock{mutex_};
    sockets_.erase(socket);
    ::close(socket);
}

void tls_server::talk(SSL* ssl)
{
    std::string request;
    std::array<char, 4096> bytes{};
    for (;;) {
        std::size_t size = 0;
        if (SSL_read_ex(ssl, bytes.data(), bytes.size(), &size) != 1) {
            const std::lock_guard lock{mutex_};
            seen_.proper_ends += (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0 ? 1 : 0;
            return;
        }
        {
            const std::lock_guard lock{mutex_};
            seen_.application_bytes += size;
        }
        request.append(bytes.data(), size);
        if (request.ends_with("\r\n\r\n") && !response(ssl, request)) {
            return;
        }
    }
}

/// Returns whether the connection continues.
bool tls_server::response(SSL* ssl, std::string& request)
{
    request.clear();
    {
        const std::lock_guard lock{mutex_};
        ++seen_.requests;
    }
    if (options_.before_response) {
        options_.before_response(ssl);
    }
    if (!options_.response.empty()) {
        SSL_write(ssl, options_.response.data(), static_cast<int>(options_.response.size()));
    }
    if (options_.after_response) {
        options_.after_response(ssl);
    }
    if (options_.close_after_response && !options_.bare_fin) {
        SSL_shutdown(ssl);
    }
    return !options_.close_after_response;
}

} // namespace sipher::test
