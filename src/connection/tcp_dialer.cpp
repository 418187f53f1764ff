#include "connection/dialer.hpp"

#include "connection/tcp_stream.hpp"

#include <boost/asio/bind_executor.hpp>

#include <utility>

namespace sipher::detail {

namespace {

namespace asio = boost::asio;

struct pending_socket {
    pending_socket(const asio::any_io_executor& executor, dialer::handler waiting)
        : socket(executor), done(std::move(waiting))
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
        auto pending = std::make_shared<pending_socket>(executor_, std::move(done));
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
