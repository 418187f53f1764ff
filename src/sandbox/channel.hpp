#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace sipher::testing::detail {

/// A connection's bytes, with TLS or without. It never sends a close_notify, as the real service's front does not.
class channel {
public:
    /// Without TLS if `tls` is null.
    channel(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);

    [[nodiscard]] boost::asio::any_io_executor executor() { return socket_.get_executor(); }
    /// The peer's address.
    [[nodiscard]] std::string peer() const;
    /// At once without TLS.
    boost::asio::awaitable<boost::system::error_code> handshake();
    /// Whether the handshake took up an earlier TLS session.
    [[nodiscard]] bool resumed();
    boost::asio::awaitable<std::size_t> read_some(boost::asio::mutable_buffer into, boost::system::error_code& problem);
    boost::asio::awaitable<boost::system::error_code> write(boost::asio::const_buffer bytes);
    /// Ends our half, then waits for the peer to end its own, so that what was written is not lost to an RST that
    /// bytes still unread would cause.
    boost::asio::awaitable<void> linger();

    /// Lets what is under way fail with `operation_aborted`.
    void cancel() noexcept;
    /// With a bare FIN.
    void close() noexcept;
    /// With an RST.
    void reset() noexcept;

private:
    boost::asio::ip::tcp::socket socket_;
    std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

} // namespace sipher::testing::detail
