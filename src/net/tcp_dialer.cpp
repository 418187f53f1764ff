#include "net/dialer.hpp"

#include "net/tcp_stream.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/system/system_error.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sipher::detail {

namespace {

namespace asio = boost::asio;

/// Asio opens sockets that the programs which this process starts inherit; to change that afterwards would be too late
/// for those that another thread starts meanwhile.
asio::ip::tcp::socket open_socket(const asio::any_io_executor& executor, const asio::ip::tcp& protocol)
{
    using boost::system::system_error;
    const int handle = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol.protocol());
    if (handle < 0) {
        throw system_error{errno, boost::system::system_category()};
    }
    asio::ip::tcp::socket opened{executor};
    boost::system::error_code failure;
    opened.assign(protocol, handle, failure);
    if (failure) {
        ::close(handle);
        throw system_error{failure};
    }
    return opened;
}

struct pending_socket {
    pending_socket(asio::ip::tcp::socket opened, dialer::handler waiting)
        : socket(std::move(opened)), done(std::move(waiting))
    {
    }

    asio::ip::tcp::socket socket;
    dialer::handler done;
};

class tcp_dialer final : public dialer {
public:
    explicit tcp_dialer(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    std::shared_ptr<void> dial(const asio::ip::tcp::endpoint& to, const asio::any_io_executor& strand,
                               handler done) override
    {
        auto pending = std::make_shared<pending_socket>(open_socket(executor_, to.protocol()), std::move(done));
        pending->socket.async_connect(to, asio::bind_executor(strand, [weak = std::weak_ptr<pending_socket>{pending}](
                                                                          const boost::system::error_code& failure) {
                                          if (const auto connected = weak.lock()) {
                                              auto stream =
                                                  failure ? nullptr : make_tcp_stream(std::move(connected->socket));
                                              std::exchange(connected->done, nullptr)(failure, std::move(stream));
                                          }
                                      }));
        return pending;
    }

private:
    const asio::any_io_executor executor_;
};

} // namespace

std::unique_ptr<dialer> make_tcp_dialer(asio::any_io_executor executor)
{
    return std::make_unique<tcp_dialer>(std::move(executor));
}

} // namespace sipher::detail
