#pragma once

#include <sipher/response_info.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace sipher::testing::detail {

/// A complete request, free of everything that the transport knows.
struct request {
    std::string method;
    /// Path and query.
    std::string target;
    header_list headers;
    std::string body;
    /// What the answer's `X-Request-ID` says.
    std::string id;
    /// Address of the client.
    std::string peer;
    /// The client wants to go on with this connection.
    bool keep_alive = true;
};

/// An answer before it is put on the wire; `Content-Length` is added there unless the header states a framing.
struct response {
    unsigned status = 200;
    header_list headers;
    std::string body;
};

/// Compares header names.
[[nodiscard]] bool same_name(std::string_view left, std::string_view right) noexcept;
/// The first field of this name, or null.
[[nodiscard]] const std::string* find_header(const header_list& headers, std::string_view name) noexcept;
/// Replaces the first field of this name, or adds one.
void set_header(header_list& headers, std::string_view name, std::string value);
/// Whether the `Connection` field contains `close`.
[[nodiscard]] bool asks_to_close(const header_list& headers) noexcept;

} // namespace sipher::testing::detail
