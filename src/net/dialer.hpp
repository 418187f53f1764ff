#pragma once

#include "net/byte_stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <memory>

namespace sipher::detail {

/// Connects to one address: over TCP, or scripted in tests.
class dialer {
public:
    using handler = std::function<void(boost::system::error_code, std::unique_ptr<byte_stream>)>;

    dialer() = default;
    dialer(const dialer&) = delete;
    dialer& operator=(const dialer&) = delete;
    virtual ~dialer() = default;

    /// `done` is called on `strand`, never from within this call. Call it on `strand`, and destroy the returned object
    /// there: that gives up, and `done` is then not called.
    /// @throws boost::system::system_error if no socket can be opened, as when out of descriptors.
    [[nodiscard]] virtual std::shared_ptr<void> dial(const boost::asio::ip::tcp::endpoint& to,
                                                     const boost::asio::any_io_executor& strand, handler done) = 0;
};

/// The streams report readiness on `executor`.
[[nodiscard]] std::unique_ptr<dialer> make_tcp_dialer(boost::asio::any_io_executor executor);

} // namespace sipher::detail
