#pragma once

#include "sandbox/message.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>

namespace sipher::testing::detail {

/// Where a request stands after some of its bytes.
enum class reading {
    incomplete,
    complete,
    /// Not HTTP, or not a request that the service's HTTP server would take.
    malformed,
    header_too_large,
    /// Beyond even what the service reads to say that it is too large.
    body_too_large,
};

/// Makes bytes into one request.
class request_reader {
public:
    request_reader();

    /// Takes bytes from the front of `bytes` and leaves the rest, which belongs to the next request.
    [[nodiscard]] reading feed(boost::asio::const_buffer& bytes);
    /// The client waits for an interim answer before it sends the body; said once.
    [[nodiscard]] bool wants_to_be_told_to_continue();
    /// Once complete.
    [[nodiscard]] request take();

private:
    boost::beast::http::request_parser<boost::beast::http::string_body> parser_;
    bool told_ = false;
};

} // namespace sipher::testing::detail
