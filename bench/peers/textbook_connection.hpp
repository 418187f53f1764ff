#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <optional>
#include <string>

namespace bench {

boost::asio::ssl::context textbook_tls(const std::string& ca_file);

/// One connection as Beast's coroutine examples show it: `ssl_stream<tcp_stream>`, messages with strings as their
/// bodies, 30 s for each step. No JSON is read.
class textbook_connection {
public:
    textbook_connection(boost::asio::any_io_executor executor, boost::asio::ssl::context& tls, std::string port);

    boost::asio::awaitable<void> connect();
    boost::asio::awaitable<boost::beast::http::response<boost::beast::http::string_body>> call(
        boost::beast::http::verb method, std::string target, std::string body);
    void close() { stream_.reset(); }
    bool connected() const { return stream_.has_value(); }

private:
    using stream = boost::beast::ssl_stream<boost::beast::tcp_stream>;

    boost::asio::any_io_executor executor_;
    boost::asio::ssl::context& tls_;
    std::string port_;
    std::optional<stream> stream_;
    boost::beast::flat_buffer buffer_;
};

} // namespace bench
