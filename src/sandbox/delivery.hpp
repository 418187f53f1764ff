#pragma once

#include "sandbox/message.hpp"

#include <sipher/testing/fault.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sipher::testing::detail {

/// What becomes of the connection once the bytes are out.
enum class ending {
    /// The next request may come.
    keep,
    /// As an answer with `Connection: close` announces.
    close,
    /// Closed at once with a bare FIN.
    finish,
    /// Closed at once with an RST.
    reset,
    /// Nothing more is said, but the connection stays.
    silence,
};

/// What really goes out for one request.
struct delivery {
    /// 0 when no answer was made.
    unsigned status = 0;
    std::string bytes;
    ending then = ending::keep;
};

/// Makes the answer of the service and the fault of the request into bytes. `answer` is empty when the service did
/// not act; `keep_alive` zero means that connections are never closed for being idle.
[[nodiscard]] delivery make_delivery(const request& asked, std::optional<response> answer,
                                     const std::optional<fault>& mishap, std::chrono::milliseconds keep_alive);

/// An answer that comes from the HTTP server before any request is complete: only a status line and `Connection`.
[[nodiscard]] std::string raw_refusal(unsigned status);

} // namespace sipher::testing::detail
