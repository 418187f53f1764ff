#include "textbook_connection.hpp"

#include "wire.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl.hpp>

#include <chrono>
#include <utility>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace bench {

namespace {

constexpr std::chrono::seconds time_allowed{30};

} // namespace

asio::ssl::context textbook_tls(const std::string& ca_file)
{
    asio::ssl::context tls{asio::ssl::context::tls_client};
    tls.load_verify_file(ca_file);
    tls.set_verify_mode(asio::ssl::verify_peer);
    return tls;
}

textbook_connection::textbook_connection(asio::any_io_executor executor, asio::ssl::context& tls, std::string port)
    : executor_(std::move(executor)), tls_(tls), port_(std::move(port))
{
}

asio::awaitable<void> textbook_connection::connect()
{
    const std::string host = "localhost";
    asio::ip::tcp::resolver resolver{executor_};
    stream_.emplace(executor_, tls_);
    stream_->set_verify_callback(asio::ssl::host_name_verification{host});
    SSL_set_tlsext_host_name(stream_->native_handle(), host.c_str());
    const auto found = co_await resolver.async_resolve(host, port_, asio::use_awaitable);
    beast::get_lowest_layer(*stream_).expires_after(time_allowed);
    co_await beast::get_lowest_layer(*stream_).async_connect(found, asio::use_awaitable);
    beast::get_lowest_layer(*stream_).socket().set_option(asio::ip::tcp::no_delay{true});
    co_await stream_->async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
}

asio::awaitable<http::response<http::string_body>> textbook_connection::call(http::verb method, std::string target,
                                                                             std::string body)
{
    http::request<http::string_body> request{method, target, 11};
    request.set(http::field::host, "localhost:" + port_);
    request.set(http::field::user_agent, wire::user_agent);
    request.set(http::field::accept, "application/json");
    request.set("X-API-Key", wire::api_key);
    if (!body.empty()) {
        request.set(http::field::content_type, "application/json");
        request.body() = std::move(body);
    }
    request.prepare_payload();
    beast::get_lowest_layer(*stream_).expires_after(time_allowed);
    co_await http::async_write(*stream_, request, asio::use_awaitable);
    http::response<http::string_body> response;
    co_await http::async_read(*stream_, buffer_, response, asio::use_awaitable);
    co_return response;
}

} // namespace bench
