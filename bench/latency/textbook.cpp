// Calls that arrive by themselves, over the connections of the textbook and a pool as one writes it by hand.
#include "open_loop.hpp"

#include "peers/textbook_connection.hpp"
#include "peers/wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <stdexcept>
#include <vector>

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

class pool {
public:
    pool(asio::io_context& context, const bench::arguments& arguments)
        : tls_(bench::textbook_tls(arguments.ca_file)), one_is_free_(context, asio::steady_timer::time_point::max())
    {
        for (std::size_t i = 0; i < arguments.connections; ++i) {
            connections_.push_back(
                std::make_unique<bench::textbook_connection>(context.get_executor(), tls_, arguments.port));
        }
    }

    asio::awaitable<void> connect()
    {
        for (const auto& connection : connections_) {
            co_await connection->connect();
            free_.push_back(connection.get());
        }
    }

    asio::awaitable<void> get(const std::string& target)
    {
        while (free_.empty()) {
            co_await one_is_free_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        bench::textbook_connection* const connection = free_.back();
        free_.pop_back();
        const auto response = co_await connection->call(http::verb::get, target, {});
        if (response.result() != http::status::ok) {
            throw std::runtime_error{"the server responded with " + std::to_string(response.result_int())};
        }
        free_.push_back(connection);
        one_is_free_.cancel_one();
    }

private:
    asio::ssl::context tls_;
    asio::steady_timer one_is_free_;
    std::vector<std::unique_ptr<bench::textbook_connection>> connections_;
    std::vector<bench::textbook_connection*> free_;
};

void run(const bench::arguments& arguments)
{
    asio::io_context context{1};
    pool connections{context, arguments};
    const std::string target = bench::wire::target_of(bench::operation::get);
    bench::open_loop loop{context, arguments, [&] { return connections.connect(); },
                          [&] { return connections.get(target); }};
    loop.run();
}

} // namespace

int main(int count, char** values)
{
    return bench::run_program("latency_textbook", count, values, run);
}
