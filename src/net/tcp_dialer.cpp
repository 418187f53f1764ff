#include "net/dialer.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/system_error.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <utility>

namespace sipher::detail {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Asio opens sockets that child programs inherit; changing that afterwards would be too late for a program started by
/// another thread meanwhile.
asio::ip::tcp::socket open_socket(const asio::any_io_executor& executor, const asio::ip::tcp& protocol)
{
    using boost::system::system_error;
    const int handle = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol.protocol());
    if (handle < 0) {
        throw system_error{errno, boost::system::system_category()};
    }
    asio::ip::tcp::socket opened{executor};
    error_code failure;
    opened.assign(protocol, handle, failure);
    if (failure) {
        ::close(handle);
        throw system_error{failure};
    }
    return opened;
}

/// Asio also registers a socket that it connected for write readiness. Each later wait for a response would then be
/// woken spuriously at once; a socket registered anew is not affected.
asio::ip::tcp::socket without_interest_in_writing(asio::ip::tcp::socket socket)
{
    error_code failure;
    const asio::ip::tcp protocol = socket.local_endpoint(failure).protocol();
    asio::ip::tcp::socket anew{socket.get_executor()};
    const int handle = failure ? -1 : socket.release(failure);
    if (failure) {
        return socket;
    }
    try {
        anew.assign(protocol, handle);
    } catch (const std::exception&) {
        // The next operation on the closed socket reports the failure.
        ::close(handle);
    }
    return anew;
}

/// A forked child shares the socket and Asio's epoll instance with its parent: if Asio closed the socket in the child,
/// it would remove it from that instance, and the parent would no longer get its events.
void replace_by_nothing(int handle) noexcept
{
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0) {
        ::dup3(nothing, handle, O_CLOEXEC);
        ::close(nothing);
    }
}

class tcp_stream final : public byte_stream {
public:
    explicit tcp_stream(asio::ip::tcp::socket socket) : socket_(without_interest_in_writing(std::move(socket)))
    {
        error_code ignored;
        socket_.non_blocking(true, ignored);
        socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
        socket_.set_option(asio::socket_base::keep_alive{true}, ignored);
    }
    ~tcp_stream() override { close(false); }

    [[nodiscard]] bool is_inherited() const noexcept override { return ::getpid() != opened_by_; }

    io_result read_some(void* to, std::size_t size) override
    {
        io_result result;
        result.bytes = socket_.read_some(asio::buffer(to, size), result.failure);
        return result;
    }

    [[nodiscard]] bool has_input() override
    {
        // Asked before requests, so without the detour through Asio.
        char first = 0;
        const ssize_t found = ::recv(socket_.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
        return found >= 0 || (errno != EAGAIN && errno != EINTR);
    }

    io_result write_some(const void* from, std::size_t size) override
    {
        io_result result;
        result.bytes = socket_.write_some(asio::buffer(from, size), result.failure);
        return result;
    }

    void wait_readable(std::shared_ptr<readiness_listener> listener) override
    {
        socket_.async_wait(asio::socket_base::wait_read,
                           [listener = std::move(listener)](error_code failure) { listener->on_readable(failure); });
    }

    void wait_writable(std::shared_ptr<readiness_listener> listener) override
    {
        socket_.async_wait(asio::socket_base::wait_write,
                           [listener = std::move(listener)](error_code failure) { listener->on_writable(failure); });
    }

    void close(bool abort) noexcept override
    {
        error_code ignored;
        if (socket_.is_open() && is_inherited()) {
            replace_by_nothing(socket_.native_handle());
        } else if (abort && socket_.is_open()) {
            socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
        }
        socket_.close(ignored);
    }

private:
    asio::ip::tcp::socket socket_;
    const ::pid_t opened_by_ = ::getpid();
};

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
        pending->socket.async_connect(
            to, asio::bind_executor(strand, [weak = std::weak_ptr<pending_socket>{pending}](const error_code& failure) {
                if (const auto connected = weak.lock()) {
                    auto stream = failure ? nullptr : std::make_unique<tcp_stream>(std::move(connected->socket));
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
