#include "support/connect_proxy.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <functional>
#include <memory>
#include <utility>

namespace sipher::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// One client's connection and its upstream connection.
class connect_proxy::tunnel : public std::enable_shared_from_this<tunnel> {
public:
    tunnel(asio::io_context& context, tcp::socket socket)
        : context_(context), client_(std::move(socket)), server_(context)
    {
    }

    void read_request(std::function<void(std::string)> seen)
    {
        asio::async_read_until(client_, asio::dynamic_buffer(request_), "\r\n\r\n",
                               [self = shared_from_this(), seen = std::move(seen)](error_code failure, std::size_t) {
                                   if (!failure) {
                                       seen(self->request_);
                                       self->connect();
                                   }
                               });
    }

private:
    void connect()
    {
        const std::string where = request_.substr(8, request_.find(' ', 8) - 8);
        const std::size_t colon = where.rfind(':');
        error_code failure;
        tcp::resolver resolver{context_};
        const auto found = resolver.resolve(where.substr(0, colon), where.substr(colon + 1), failure);
        asio::connect(server_, found, failure);
        const std::string response = failure ? "HTTP/1.1 502 Bad Gateway\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n";
        asio::write(client_, asio::buffer(response), failure);
        relay(client_, server_, to_server_);
        relay(server_, client_, to_client_);
    }

    using buffer = std::array<char, 4096>;

    void relay(tcp::socket& from, tcp::socket& to, buffer& bytes)
    {
        from.async_read_some(asio::buffer(bytes),
                             [self = shared_from_this(), &from, &to, &bytes](error_code failure, std::size_t size) {
                                 if (!failure) {
                                     asio::write(to, asio::buffer(bytes, size), failure);
                                 }
                                 if (failure) {
                                     self->client_.close(failure);
                                     self->server_.close(failure);
                                 } else {
                                     self->relay(from, to, bytes);
                                 }
                             });
    }

    asio::io_context& context_;
    tcp::socket client_;
    tcp::socket server_;
    std::string request_;
    buffer to_server_{};
    buffer to_client_{};
};

connect_proxy::connect_proxy() : acceptor_(context_, tcp::endpoint{asio::ip::address_v4::loopback(), 0})
{
    accept();
    thread_ = std::thread{[this] { context_.run(); }};
}

connect_proxy::~connect_proxy()
{
    context_.stop();
    thread_.join();
}

std::string connect_proxy::url(const std::string& credentials) const
{
    return "http://" + credentials + "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
}

std::vector<std::string> connect_proxy::requests() const
{
    const std::lock_guard lock{mutex_};
    return requests_;
}

void connect_proxy::accept()
{
    acceptor_.async_accept([this](error_code failure, tcp::socket socket) {
        if (!failure) {
            std::make_shared<tunnel>(context_, std::move(socket))->read_request([this](std::string request) {
                const std::lock_guard lock{mutex_};
                requests_.push_back(std::move(request));
            });
            accept();
        }
    });
}

} // namespace sipher::test
