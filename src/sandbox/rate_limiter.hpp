// Requests per client and window.
#pragma once

#include <sipher/clock.hpp>

#include <chrono>
#include <map>
#include <string>

namespace sipher::testing::detail {

/// The position of one request in its client's window.
struct rate_verdict {
    bool allowed = true;
    unsigned remaining = 0;
    /// Whole seconds until the window ends, rounded up.
    std::chrono::seconds reset{};
};

/// Requests per client and window; a window begins with the first request in it.
class rate_limiter {
public:
    /// `limit` 0: everything is allowed.
    rate_limiter(unsigned limit, std::chrono::seconds window) noexcept : limit_(limit), window_(window) {}

    [[nodiscard]] rate_verdict count(const std::string& client, clock::time_point now);
    void clear() noexcept { clients_.clear(); }

    [[nodiscard]] unsigned limit() const noexcept { return limit_; }
    [[nodiscard]] std::chrono::seconds window() const noexcept { return window_; }

private:
    struct window_state {
        clock::time_point end;
        unsigned used = 0;
    };

    unsigned limit_;
    std::chrono::seconds window_;
    std::map<std::string, window_state> clients_;
};

} // namespace sipher::testing::detail
