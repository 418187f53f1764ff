#pragma once

#include "options/base_url.hpp"
#include "options/no_proxy.hpp"

#include <sipher/client_options.hpp>
#include <sipher/secret.hpp>

#include <optional>
#include <string>

namespace sipher::detail {

enum class proxy_kind {
    /// By CONNECT.
    http,
    /// The same over TLS with the proxy.
    https,
    /// The server's name is resolved here (as curl does for this scheme).
    socks5,
    /// The server's name is resolved by the proxy.
    socks5h,
};

/// The way to the server through a proxy.
struct proxy_route {
    proxy_kind kind = proxy_kind::http;
    /// Where the proxy is.
    base_url at;
    /// Its host and port, for people.
    std::string name;
    /// Both empty: the proxy gets no credentials.
    secret username;
    secret password;

    [[nodiscard]] bool has_credentials() const noexcept { return !username.empty() || !password.empty(); }
};

/// The proxy to use; null: none.
/// @throws sipher::error with `errc::invalid_request` that names the option or variable; its text is not repeated,
/// because it may hold a password.
[[nodiscard]] std::optional<proxy_route> choose_proxy(const proxy_options& options, const base_url& server);

} // namespace sipher::detail
