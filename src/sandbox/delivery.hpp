// What really goes out for one request.
#pragma once

#include "sandbox/message.hpp"

#include <sipher/testing/fault.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace sipher::testing::detail {

/// What becomes of the connection once the bytes are out.
enum class ending {
    /// The next request may come.
    keep,
    /// With a bare FIN.
    close,
    /// With an RST.
    reset,
    /// Nothing more is sent, but the connection stays.
    silence,
};

struct delivery {
    /// 0 when no response was made.
    unsigned status = 0;
    std::string bytes;
    ending then = ending::keep;
};

/// Serializes the service's response and applies the request's fault to it. `made` is empty when the service did not
/// act; `keep_alive` zero means that connections are never closed for being idle.
[[nodiscard]] delivery make_delivery(const request& received, std::optional<response> made, const fault& applied,
                                     std::chrono::milliseconds keep_alive);

/// A response of the HTTP server before any request is complete: only a status line and `Connection`.
[[nodiscard]] delivery refuse(unsigned status);

} // namespace sipher::testing::detail
