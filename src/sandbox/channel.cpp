#include "sandbox/channel.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <openssl/ssl.h>

#include <array>
#include <utility>

namespace sipher::testing::detail {

namespace asio = boost::asio;
using boost::system::error_code;

channel::channel(asio::ip::tcp::socket socket, asio::ssl::context* tls) : socket_(std::move(socket))
{
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
    if (tls != nullptr) {
        tls_.emplace(socket_, *tls);
    }
}

std::string channel::peer() const
{
    error_code problem;
    const auto endpoint = socket_.remote_endpoint(problem);
    return problem ? std::string{} : endpoint.address().to_string();
}

asio::awaitable<error_code> channel::handshake()
{
    error_code problem;
    if (tls_) {
        co_await tls_->async_handshake(asio::ssl::stream_base::server,
                                       asio::redirect_error(asio::use_awaitable, problem));
    }
    co_return problem;
}

bool channel::resumed()
{
    return tls_ && SSL_session_reused(tls_->native_handle()) == 1;
}

asio::awaitable<std::size_t> channel::read_some(asio::mutable_buffer into, error_code& problem)
{
    std::size_t size = 0;
    if (tls_) {
        size = co_await tls_->async_read_some(into, asio::redirect_error(asio::use_awaitable, problem));
    } else {
        size = co_await socket_.async_read_some(into, asio::redirect_error(asio::use_awaitable, problem));
    }
    co_return size;
}

asio::awaitable<error_code> channel::write(asio::const_buffer bytes)
{
    error_code problem;
    if (tls_) {
        co_await asio::async_write(*tls_, bytes, asio::redirect_error(asio::use_awaitable, problem));
    } else {
        co_await asio::async_write(socket_, bytes, asio::redirect_error(asio::use_awaitable, problem));
    }
    co_return problem;
}

asio::awaitable<void> channel::linger()
{
    error_code problem;
    socket_.shutdown(asio::socket_base::shutdown_send, problem);
    std::array<char, 4096> discarded{};
    while (!problem) {
        co_await socket_.async_read_some(asio::buffer(discarded), asio::redirect_error(asio::use_awaitable, problem));
    }
}

void channel::cancel() noexcept
{
    error_code ignored;
    socket_.cancel(ignored);
}

void channel::close() noexcept
{
    error_code ignored;
    socket_.close(ignored);
}

void channel::reset() noexcept
{
    error_code ignored;
    socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket_.close(ignored);
}

} // namespace sipher::testing::detail
