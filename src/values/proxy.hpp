#pragma once

#include "values/base_url.hpp"

#include <sipher/client_options.hpp>
#include <sipher/secret.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sipher::detail {

/// The way to the server through an HTTP proxy.
struct proxy_route {
    std::string host;
    std::uint16_t port = 80;
    /// Both of them, for people.
    std::string name;
    /// Value of `Proxy-Authorization`; empty: the proxy is not told who asks.
    secret authorization;
};

/// Whether a list such as `NO_PROXY` names the server.
[[nodiscard]] bool is_excluded(std::string_view no_proxy, const base_url& server);

/// The proxy to use; null: none.
/// @throws sipher::error with `errc::invalid_request` that names the option or variable; its text is not repeated,
/// because it may hold a password.
[[nodiscard]] std::optional<proxy_route> choose_proxy(const proxy_options& options, const base_url& server);

} // namespace sipher::detail
