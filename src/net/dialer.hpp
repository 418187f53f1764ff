#pragma once

#include "net/byte_stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <memory>

namespace sipher::detail {

/// Connects to one address: by TCP, or by a script in tests.
class dialer {
public:
    using handler = std::function<void(boost::system::error_code, std::unique_ptr<byte_stream>)>;

    dialer() = default;
    dialer(const dialer&) = delete;
    dialer& operator=(const dialer&) = delete;
    virtual ~dialer() = default;

    /// `done` is called on `strand`, never from within this call. To be called on `strand`, and what is returned
    /// destroyed there: that gives up, and `done` is not called any more.
    /// @throws boost::system::system_error if there is not even a socket, as where no descriptors are left.
    [[nodiscard]] virtual std::shared_ptr<void> dial(const boost::asio::ip::tcp::endpoint& to,
                                                     const boost::asio::any_io_executor& strand, handler done) = 0;
};

/// `executor` is where the streams tell their readiness.
[[nodiscard]] std::unique_ptr<dialer> make_tcp_dialer(boost::asio::any_io_executor executor);

} // namespace sipher::detail
