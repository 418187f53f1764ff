// What one writes without a library: a coroutine and a kept connection for each caller.
#include "arguments.hpp"
#include "callers.hpp"
#include "textbook_connection.hpp"
#include "wire.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <stdexcept>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

http::verb verb_of(bench::operation operation)
{
    return http::string_to_verb(bench::wire::method_of(operation));
}

asio::awaitable<void> run(bench::textbook_connection& connection, const bench::arguments& arguments,
                          bench::budget& budget)
{
    const http::verb method = verb_of(arguments.operation);
    const std::string target = bench::wire::target_of(arguments.operation);
    const std::string body = bench::wire::body_of(arguments.operation);
    while (budget.take()) {
        if (!connection.connected()) {
            co_await connection.connect();
        }
        const auto response = co_await connection.call(method, target, body);
        if (http::to_status_class(response.result()) != http::status_class::successful) {
            throw std::runtime_error{"the server responded with " + std::to_string(response.result_int())};
        }
        if (arguments.fresh) {
            connection.close();
        }
    }
}

void run(const bench::arguments& arguments)
{
    asio::io_context context{1};
    asio::ssl::context tls = bench::textbook_tls(arguments.ca_file);
    bench::budget budget{arguments.operations};
    bench::callers callers{context, arguments};
    std::vector<std::unique_ptr<bench::textbook_connection>> connections;
    for (std::size_t i = 0; i < arguments.connections; ++i) {
        connections.push_back(
            std::make_unique<bench::textbook_connection>(context.get_executor(), tls, arguments.port));
        callers.start(run(*connections.back(), arguments, budget));
    }
    callers.run();
}

} // namespace

int main(int count, char** values)
{
    return bench::run_program("textbook", count, values, run);
}
