// What a user writes without a library: the same four operations over one TLS connection, as Beast's examples show it.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/json.hpp>

#include <cstdlib>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using stream = beast::ssl_stream<beast::tcp_stream>;

asio::awaitable<json::value> call(stream& connection, http::verb verb, std::string target, json::value body)
{
    http::request<http::string_body> request{verb, target, 11};
    request.set(http::field::host, "sipher.sip-protocol.org");
    request.set(http::field::content_type, "application/json");
    request.set("X-API-Key", std::getenv("SIPHER_API_KEY"));
    request.body() = body.is_null() ? std::string{} : json::serialize(body);
    request.prepare_payload();
    beast::get_lowest_layer(connection).expires_after(std::chrono::seconds{30});
    co_await http::async_write(connection, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    co_await http::async_read(connection, buffer, response, asio::use_awaitable);
    co_return json::parse(response.body()).at("data");
}

asio::awaitable<void> agent()
{
    const std::string host = "sipher.sip-protocol.org";
    asio::ssl::context tls{asio::ssl::context::tls_client};
    tls.set_default_verify_paths();
    tls.set_verify_mode(asio::ssl::verify_peer);
    const auto executor = co_await asio::this_coro::executor;
    asio::ip::tcp::resolver resolver{executor};
    stream connection{executor, tls};
    connection.set_verify_callback(asio::ssl::host_name_verification{host});
    SSL_set_tlsext_host_name(connection.native_handle(), host.c_str());
    const auto found = co_await resolver.async_resolve(host, "443", asio::use_awaitable);
    co_await beast::get_lowest_layer(connection).async_connect(found, asio::use_awaitable);
    co_await connection.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);

    json::object create;
    create["defaults"] = json::object{};
    json::value made = co_await call(connection, http::verb::post, "/v1/sessions", create);
    const std::string path = "/v1/sessions/" + std::string{made.at("sessionId").as_string()};
    made = co_await call(connection, http::verb::get, path, nullptr);
    made = co_await call(connection, http::verb::patch, path, create);
    made = co_await call(connection, http::verb::delete_, path, nullptr);
    co_await connection.async_shutdown(asio::use_awaitable);
}

int main()
{
    asio::io_context context;
    asio::co_spawn(context, agent(), asio::detached);
    context.run();
}
