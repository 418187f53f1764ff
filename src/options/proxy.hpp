#pragma once

#include "options/base_url.hpp"
#include "options/no_proxy.hpp"

#include <sipher/client_options.hpp>
#include <sipher/secret.hpp>

#include <optional>
#include <string>

namespace sipher::detail {

enum class proxy_kind {
    /// Uses CONNECT.
    http,
    /// The same over TLS with the proxy.
    https,
    /// The server's name is resolved by the client (as in curl).
    socks5,
    /// The server's name is resolved by the proxy.
    socks5h,
};

/// The route to the server through a proxy.
struct proxy_route {
    proxy_kind kind = proxy_kind::http;
    /// The proxy's URL.
    base_url at;
    /// Its host and port, for messages.
    std::string name;
    /// Both empty: no credentials are sent to the proxy.
    secret username;
    secret password;

    [[nodiscard]] bool has_credentials() const noexcept { return !username.empty() || !password.empty(); }
};

/// The proxy to use; null: none.
/// @throws sipher::error with `errc::invalid_request` that names the option or variable; its text is not quoted,
/// because it may contain a password.
[[nodiscard]] std::optional<proxy_route> choose_proxy(const proxy_options& options, const base_url& server);

} // namespace sipher::detail
