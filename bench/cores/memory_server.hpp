// A server of TLS and HTTP within the client's own process, reached without the kernel.
#pragma once

#include "net/dialer.hpp"

#include <sipher/client.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace bench {

/// Responds to each request with the same session.
class memory_server {
public:
    memory_server();
    ~memory_server();
    memory_server(const memory_server&) = delete;
    memory_server& operator=(const memory_server&) = delete;

    /// Of the authority that vouches for it.
    [[nodiscard]] const std::string& certificate() const noexcept { return authority_; }
    /// Leads to it, whatever the address; readiness is told on `executor`. The server must outlive its connections.
    [[nodiscard]] std::unique_ptr<sipher::detail::dialer> make_dialer(boost::asio::any_io_executor executor) const;

private:
    struct tls;

    std::string authority_;
    std::unique_ptr<tls> tls_;
};

/// A client whose connections all lead to the server.
[[nodiscard]] sipher::client make_client(const boost::asio::any_io_executor& executor, const memory_server& server,
                                         std::size_t connections);

} // namespace bench
