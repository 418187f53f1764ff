#include "net/tcp_stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/socket_base.hpp>

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <exception>
#include <utility>

namespace sipher::detail {

namespace {

using boost::system::error_code;
namespace asio = boost::asio;

/// Asio has registered a socket that it connected for readiness to write, too. Each later wait for a response would
/// then find the socket ready at once, and be woken for nothing; one that is registered anew is not.
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
        // What is then done with the closed socket says that it failed.
        ::close(handle);
    }
    return anew;
}

/// A fork shares the socket, and Asio's epoll instance, with the process that opened it: were Asio to close the socket
/// there, it would take it off that instance, and the other process would hear nothing of it any more.
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

} // namespace

std::unique_ptr<byte_stream> make_tcp_stream(asio::ip::tcp::socket socket)
{
    return std::make_unique<tcp_stream>(std::move(socket));
}

} // namespace sipher::detail
