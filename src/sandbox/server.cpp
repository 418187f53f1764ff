#include "sandbox/server.hpp"

#include "sandbox/server_tls.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <future>
#include <utility>

namespace sipher::testing::detail {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

server::server(const server_settings& settings, books& shared)
    : books_(shared), times_(settings.times),
      acceptor_(context_, tcp::endpoint{asio::ip::make_address(settings.address), settings.port})
{
    if (settings.identity) {
        tls_ = make_server_tls(*settings.identity);
    }
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread{[this] { context_.run(); }};
}

server::~server()
{
    context_.stop();
    thread_.join();
}

asio::awaitable<void> server::accept()
{
    asio::steady_timer pause{context_};
    while (true) {
        error_code problem;
        tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, problem));
        if (!problem) {
            start(std::move(socket));
            continue;
        }
        // Most likely the process has no more file descriptors; asking again at once would only burn the processor.
        pause.expires_after(std::chrono::milliseconds{10});
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, problem));
    }
}

void server::start(tcp::socket socket)
{
    auto fresh = std::make_shared<connection>(std::move(socket), tls_ ? &*tls_ : nullptr, times_, books_);
    connections_.insert(fresh);
    asio::co_spawn(context_, connection::run(fresh),
                   [this, fresh](const std::exception_ptr&) { connections_.erase(fresh); });
}

void server::run_on_thread(const std::function<void()>& work)
{
    std::packaged_task<void()> task{work};
    std::future<void> done = task.get_future();
    asio::post(context_, std::move(task));
    done.get();
}

void server::close_connections(const std::function<void()>& meanwhile)
{
    run_on_thread([this, &meanwhile] {
        for (const auto& each : connections_) {
            each->close();
        }
        meanwhile();
    });
}

void server::close_idle_connections()
{
    run_on_thread([this] {
        for (const auto& each : connections_) {
            each->close_if_idle();
        }
    });
}

} // namespace sipher::testing::detail
