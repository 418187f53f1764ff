// Where a request goes, as the service's router reads it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sipher::testing::detail {

/// Percent-decoded, without regard to case and to one slash at the end. The query and the host of an absolute form play
/// no part.
struct request_path {
    explicit request_path(std::string_view target);

    /// As it came.
    std::string text;
    /// Such as `/v1/sessions`.
    std::string route;
    /// What follows `/v1/sessions/`, as it came; it has not been decoded yet.
    std::optional<std::string> id;

    [[nodiscard]] bool is_sessions() const { return route == "/v1/sessions"; }
    /// The methods that there are for it, such as `DELETE, GET, HEAD, PATCH`; empty for an unknown route.
    [[nodiscard]] std::string_view allowed_methods() const;
};

/// Nothing if it is no text after decoding.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

} // namespace sipher::testing::detail
