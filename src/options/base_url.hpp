#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sipher::detail {

/// A parsed base URL.
struct base_url {
    bool tls = true;
    /// For resolving and connecting: lower case, without brackets.
    std::string host;
    std::uint16_t port = 443;
    /// Value of the `Host` field: as written, with brackets and any port other than the scheme's default.
    std::string host_field;
    /// Without a trailing slash; empty for the root.
    std::string path_prefix;
    /// Host name for TLS: no trailing dot.
    std::string server_name;
    /// The host is written as an address.
    bool is_address = false;
    /// The host is this machine: an address of 127.0.0.0/8, also as ::ffff:127.0.0.1, or ::1, or a name for which
    /// `is_localhost` is true.
    bool is_loopback = false;
    /// The option or variable that it was read from.
    std::string origin;
};

/// @throws sipher::error with `errc::invalid_request` that states the rule broken by `field`. The text is not quoted,
/// because it may contain a password.
[[nodiscard]] base_url parse_base_url(std::string_view text, std::string_view field = "base_url");

} // namespace sipher::detail
