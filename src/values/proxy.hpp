#pragma once

#include "values/base_url.hpp"
#include "values/no_proxy.hpp"

#include <sipher/client_options.hpp>
#include <sipher/secret.hpp>

#include <cstdint>
#include <optional>
#include <string>

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

/// The proxy to use; null: none.
/// @throws sipher::error with `errc::invalid_request` that names the option or variable; its text is not repeated,
/// because it may hold a password.
[[nodiscard]] std::optional<proxy_route> choose_proxy(const proxy_options& options, const base_url& server);

} // namespace sipher::detail
