// A connection's bytes.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <optional>
#include <utility>

namespace sipher::testing::detail {

/// A connection's bytes, over TLS or not, as a stream for Beast. It never sends a close_notify, as the real service's
/// front does not.
class transport {
public:
    using socket_type = boost::asio::ip::tcp::socket;
    using executor_type = socket_type::executor_type;

    /// Without TLS if `context` is null.
    transport(socket_type socket, boost::asio::ssl::context* context) : socket_(std::move(socket))
    {
        if (context != nullptr) {
            tls_.emplace(socket_, *context);
        }
    }

    executor_type get_executor() { return socket_.get_executor(); }
    socket_type& socket() { return socket_; }
    std::optional<boost::asio::ssl::stream<socket_type&>>& tls() { return tls_; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token)
    {
        if (tls_) {
            return tls_->async_read_some(buffers, std::forward<Token>(token));
        }
        return socket_.async_read_some(buffers, std::forward<Token>(token));
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token)
    {
        if (tls_) {
            return tls_->async_write_some(buffers, std::forward<Token>(token));
        }
        return socket_.async_write_some(buffers, std::forward<Token>(token));
    }

private:
    socket_type socket_;
    std::optional<boost::asio::ssl::stream<socket_type&>> tls_;
};

} // namespace sipher::testing::detail
