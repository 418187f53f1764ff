#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sipher::detail {

/// A base URL taken apart once.
struct base_url {
    bool tls = true;
    /// For resolving and connecting: lower case, without brackets.
    std::string host;
    std::uint16_t port = 443;
    /// Value of the `Host` field: as written, with brackets and a port that is not the scheme's own.
    std::string host_field;
    /// Without a slash at the end; empty for the root.
    std::string path_prefix;
    /// Host as it is named in TLS: no dot at the end.
    std::string server_name;
    /// The host is written as an address.
    bool is_address = false;
    /// The host is this machine: an address of 127.0.0.0/8, also as ::ffff:127.0.0.1, or ::1, or a name of which
    /// `is_localhost` holds.
    bool is_loopback = false;
    /// The option or the variable that it was read from.
    std::string origin;
};

/// @throws sipher::error with `errc::invalid_request` that says which rule `field` breaks. The text is not repeated:
/// it may hold a password.
[[nodiscard]] base_url parse_base_url(std::string_view text, std::string_view field = "base_url");

} // namespace sipher::detail
