// The bytes actually sent for one request.
#pragma once

#include "sandbox/message.hpp"

#include <sipher/testing/fault.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace sipher::testing::detail {

/// The disposition of the connection after the bytes are sent.
enum class ending {
    /// Keep it for the next request.
    keep,
    /// Close it with a bare FIN.
    close,
    /// Close it with an RST.
    reset,
    /// Nothing more is sent, but the connection stays open.
    silence,
};

struct delivery {
    /// 0 if there is no response.
    unsigned status = 0;
    std::string bytes;
    ending then = ending::keep;
};

/// Serializes the service's response and applies the request's fault to it. `made` is empty when the service did not
/// act; `keep_alive` zero means that idle connections are never closed.
[[nodiscard]] delivery make_delivery(const request& received, std::optional<response> made, const fault& applied,
                                     std::chrono::milliseconds keep_alive);

/// A response of the HTTP server before any request is complete: only a status line and `Connection`.
[[nodiscard]] delivery refuse(unsigned status);

} // namespace sipher::testing::detail
