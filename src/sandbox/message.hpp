// Requests and responses, as the service sees them.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>
#include <string_view>

namespace sipher::testing::detail {

namespace http = boost::beast::http;

/// A complete request, with further data of the service.
struct request {
    http::request<http::string_body> message;
    /// The response's `X-Request-ID`.
    std::string id;
    /// Address of the client.
    std::string peer;
};

/// `Connection`, `Keep-Alive` and `Content-Length` are added when it is sent.
using response = http::response<http::string_body>;

/// Whether it is a GET or a HEAD.
[[nodiscard]] bool is_read(const request& received);
/// The values of all fields of this name, joined as the service's HTTP server joins most of them; empty without any.
[[nodiscard]] std::string joined_fields(const request& received, std::string_view name);

} // namespace sipher::testing::detail
