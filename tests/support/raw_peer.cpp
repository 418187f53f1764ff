#include "support/raw_peer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/system/system_error.hpp>

#include <openssl/ssl.h>

#include <array>
#include <optional>

namespace sipher::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

connection_end classify(const error_code& message)
{
    if (message == asio::error::eof) {
        return connection_end::close_notify;
    }
    if (message == asio::ssl::error::stream_truncated) {
        return connection_end::bare_fin;
    }
    return message == asio::error::connection_reset ? connection_end::reset : connection_end::other;
}

} // namespace

class raw_peer::implementation {
public:
    explicit implementation(std::uint16_t port)
    {
        socket.connect({asio::ip::address_v4::loopback(), port});
        socket.set_option(asio::ip::tcp::no_delay{true});
    }

    void start_tls(const std::string& ca_pem, const std::string& server_name, const raw_peer* earlier)
    {
        tls_context.add_certificate_authority(asio::buffer(ca_pem));
        tls_context.set_verify_mode(asio::ssl::verify_peer);
        tls.emplace(socket, tls_context);
        tls->set_verify_callback(asio::ssl::host_name_verification{server_name});
        SSL_set_tlsext_host_name(tls->native_handle(), server_name.c_str());
        if (earlier != nullptr) {
            SSL_SESSION* const session = SSL_get1_session(earlier->implementation_->tls->native_handle());
            SSL_set_session(tls->native_handle(), session);
            SSL_SESSION_free(session);
        }
        tls->handshake(asio::ssl::stream_base::client);
    }

    std::size_t read_some(asio::mutable_buffer into, error_code& message)
    {
        return tls ? tls->read_some(into, message) : socket.read_some(into, message);
    }

    asio::io_context context;
    asio::ip::tcp::socket socket{context};
    asio::ssl::context tls_context{asio::ssl::context::tls_client};
    std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> tls;
    boost::beast::flat_buffer buffer;
    connection_end end = connection_end::other;
};

raw_peer::raw_peer(std::uint16_t port, const std::string& ca_pem, const std::string& server_name,
                   const raw_peer* earlier)
    : implementation_(std::make_unique<implementation>(port))
{
    if (!ca_pem.empty()) {
        implementation_->start_tls(ca_pem, server_name, earlier);
    }
}

raw_peer::~raw_peer() = default;

void raw_peer::send(std::string_view bytes)
{
    if (implementation_->tls) {
        asio::write(*implementation_->tls, asio::buffer(bytes));
    } else {
        asio::write(implementation_->socket, asio::buffer(bytes));
    }
}

raw_response raw_peer::read_response(bool to_head)
{
    http::response_parser<http::string_body> parser;
    parser.skip(to_head);
    if (implementation_->tls) {
        http::read(*implementation_->tls, implementation_->buffer, parser);
    } else {
        http::read(implementation_->socket, implementation_->buffer, parser);
    }
    return parser.release();
}

std::string raw_peer::read_to_end()
{
    const auto left = implementation_->buffer.cdata();
    std::string result{static_cast<const char*>(left.data()), left.size()};
    implementation_->buffer.clear();
    std::array<char, 4096> piece{};
    error_code message;
    while (!message) {
        const std::size_t size = implementation_->read_some(asio::buffer(piece), message);
        result.append(piece.data(), size);
    }
    implementation_->end = classify(message);
    return result;
}

connection_end raw_peer::end() const noexcept
{
    return implementation_->end;
}

std::string raw_peer::tls_version() const
{
    return implementation_->tls ? SSL_get_version(implementation_->tls->native_handle()) : "";
}

bool raw_peer::resumed() const
{
    return implementation_->tls && SSL_session_reused(implementation_->tls->native_handle()) == 1;
}

} // namespace sipher::test
