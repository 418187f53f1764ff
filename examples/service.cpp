// A service for agents with observability: metrics for Prometheus at /metrics, traces for OpenTelemetry in the file
// named by SIPHER_TRACE_FILE, and a log according to SIPHER_LOG.
//
//     service [PORT]                      0, as it is without one: any
//     curl -X POST http://127.0.0.1:PORT/work
//     curl http://127.0.0.1:PORT/metrics

#include "example_arguments.hpp"
#include "example_service.hpp"

#include <sipher/observability.hpp>
#include <sipher/sipher.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using namespace std::chrono_literals;

/// One line per call, for the file receiver of an OpenTelemetry collector. Null if no file is named.
std::shared_ptr<sipher::observer> trace_to_file()
{
    const char* const name = std::getenv("SIPHER_TRACE_FILE");
    if (name == nullptr) {
        return nullptr;
    }
    struct trace_file {
        std::mutex mutex;
        std::ofstream stream;
    };
    const auto file = std::make_shared<trace_file>();
    file->stream.open(name, std::ios::app);
    if (!file->stream) {
        throw std::runtime_error{"cannot write to SIPHER_TRACE_FILE"};
    }
    sipher::trace_options tracing;
    tracing.service_name = "sipher-example";
    tracing.exporter = [file](std::string_view line) {
        const std::lock_guard lock{file->mutex};
        file->stream << line << std::endl;
    };
    return std::make_shared<sipher::trace_observer>(std::move(tracing));
}

struct service {
    explicit service(asio::io_context& context)
    {
        sipher::client_options options = reached.options;
        options.observer = std::make_shared<sipher::tee_observer>(std::vector<std::shared_ptr<sipher::observer>>{
            metrics, sipher::log_observer::from_environment(), trace_to_file()});
        client.emplace(context, std::move(options));
    }

    example_service reached;
    std::shared_ptr<sipher::metrics_observer> metrics = std::make_shared<sipher::metrics_observer>();
    std::optional<sipher::client> client;
};

/// Continues the trace of the request to this service.
asio::awaitable<std::string> work(sipher::client client, std::string trace_parent)
{
    sipher::call_options options;
    options.trace_parent = trace_parent;
    const sipher::session_defaults defaults;
    options.session = co_await client.create_session(defaults, 5min, options);
    const sipher::session_id id = options.session->id();
    const boost::json::object nothing;
    // The session is deleted whatever the result.
    auto generating = sipher::as_result(client.request(sipher::verb::post, "/v1/stealth/generate", nothing, options));
    const sipher::result<boost::json::value> generated = co_await std::move(generating);
    options.session.reset();
    co_await client.delete_session(id, std::move(options));
    co_return boost::json::serialize(generated.value()) + "\n";
}

asio::awaitable<http::response<http::string_body>> respond(service& of, http::request<http::string_body> request)
{
    http::response<http::string_body> response{http::status::ok, request.version()};
    response.keep_alive(request.keep_alive());
    if (request.method() == http::verb::get && request.target() == "/metrics") {
        response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
        response.body() = of.metrics->text(of.client->stats());
    } else if (request.method() == http::verb::post && request.target() == "/work") {
        auto doing = sipher::as_result(work(*of.client, std::string{request["traceparent"]}));
        const sipher::result<std::string> done = co_await std::move(doing);
        response.result(done ? http::status::ok : http::status::bad_gateway);
        response.set(http::field::content_type, done ? "application/json" : "text/plain");
        response.body() = done ? *done : done.error().what() + std::string{"\n"};
    } else {
        response.result(http::status::not_found);
    }
    response.prepare_payload();
    co_return response;
}

asio::awaitable<void> serve(service& of, tcp::socket socket)
{
    beast::tcp_stream stream{std::move(socket)};
    beast::flat_buffer buffer;
    for (;;) {
        stream.expires_after(1min);
        http::request<http::string_body> request;
        co_await http::async_read(stream, buffer, request, asio::use_awaitable);
        auto responding = respond(of, std::move(request));
        const http::response<http::string_body> response = co_await std::move(responding);
        stream.expires_after(1min);
        co_await http::async_write(stream, response, asio::use_awaitable);
        if (!response.keep_alive()) {
            co_return;
        }
    }
}

asio::awaitable<void> accept(service& of, tcp::acceptor& acceptor)
{
    for (;;) {
        auto [failure, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (!acceptor.is_open()) {
            co_return;
        }
        if (failure) {
            // The connection is already gone, or there are too many at the moment.
            asio::steady_timer pause{acceptor.get_executor(), 100ms};
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        // The end of a connection is not an error.
        asio::co_spawn(acceptor.get_executor(), serve(of, std::move(socket)), [](const std::exception_ptr&) {});
    }
}

int main(int argc, char* argv[])
try {
    if (argc > 1 && argv[1] == std::string_view{"--help"}) {
        std::cout << "usage: service [PORT]\nPOST /work, GET /metrics; SIPHER_TRACE_FILE=FILE, SIPHER_LOG=info\n";
        return EXIT_SUCCESS;
    }
    const auto port = static_cast<unsigned short>(argc > 1 ? parse_number(argv[1], "PORT", 65535) : 0);
    asio::io_context context;
    service running{context};
    tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), port}};
    asio::co_spawn(context, accept(running, acceptor), [](const std::exception_ptr&) {});
    std::cout << "http://127.0.0.1:" << acceptor.local_endpoint().port() << "/" << std::endl;
    asio::signal_set stop{context, SIGTERM, SIGINT};
    stop.async_wait([&](boost::system::error_code, int) {
        acceptor.close();
        asio::co_spawn(context, running.client->shutdown(5s),
                       [&](const std::exception_ptr&, const sipher::shutdown_report&) { context.stop(); });
    });
    context.run();
    return EXIT_SUCCESS;
} catch (const std::exception& failure) {
    std::cerr << "service: " << failure.what() << "\n";
    return EXIT_FAILURE;
}
