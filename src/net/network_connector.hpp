#pragma once

#include "http1/parser_pool.hpp"
#include "net/connector.hpp"
#include "net/dialer.hpp"
#include "net/name_cache.hpp"
#include "options/base_url.hpp"
#include "options/proxy.hpp"
#include "runtime/timer_queue.hpp"
#include "tls/tls_context.hpp"

#include <sipher/client_options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace sipher::detail {

/// Settings common to all connections to the server.
struct server_settings {
    boost::asio::any_io_executor executor;
    base_url url;
    std::optional<proxy_route> proxy;
    std::chrono::milliseconds proxy_timeout{};
    timeout_options timeouts;
    limit_options limits;
    std::shared_ptr<parser_pool> parsers;
    /// Null: plain http.
    std::shared_ptr<tls_context> tls;
    /// Null: no TLS with the proxy itself.
    std::shared_ptr<tls_context> proxy_tls;
    /// Identifies the client to a proxy.
    std::string user_agent;
    std::shared_ptr<timer_queue> timers;
    std::shared_ptr<observer> event_observer;
    std::shared_ptr<name_cache> names;
    std::shared_ptr<dialer> sockets;
};

/// Resolves, connects, opens the tunnel through the proxy if there is one, and, for https, does the TLS handshake.
[[nodiscard]] std::unique_ptr<connector> make_network_connector(std::shared_ptr<const server_settings> settings);

} // namespace sipher::detail
