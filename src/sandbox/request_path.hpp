// A request's path, as the service's router reads it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sipher::testing::detail {

/// Percent-decoded, ignoring case and one trailing slash. The query and the host of an absolute form are ignored.
struct request_path {
    explicit request_path(std::string_view target);

    /// As received.
    std::string text;
    /// Such as `/v1/sessions`.
    std::string route;
    /// The part after `/v1/sessions/`, as received, not decoded.
    std::optional<std::string> id;

    [[nodiscard]] bool is_sessions() const { return route == "/v1/sessions"; }
    /// The methods allowed for it, such as `DELETE, GET, HEAD, PATCH`; empty for an unknown route.
    [[nodiscard]] std::string_view allowed_methods() const;
};

/// Empty if the decoded bytes are not text.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

} // namespace sipher::testing::detail
