#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sipher::test {

/// An HTTP proxy on this machine that serves CONNECT, on its own thread.
class connect_proxy {
public:
    connect_proxy();
    connect_proxy(const connect_proxy&) = delete;
    connect_proxy& operator=(const connect_proxy&) = delete;
    ~connect_proxy();

    [[nodiscard]] std::string url(const std::string& credentials = {}) const;
    /// Every request header so far, including its empty line.
    [[nodiscard]] std::vector<std::string> requests() const;

private:
    class tunnel;

    void accept();

    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

} // namespace sipher::test
