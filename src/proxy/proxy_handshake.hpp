#pragma once

#include "base/wiped_buffer.hpp"
#include "net/network_connector.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace sipher::detail {

/// The handshake with a proxy, until it has opened the tunnel to the server.
class proxy_handshake {
public:
    proxy_handshake(const proxy_handshake&) = delete;
    proxy_handshake& operator=(const proxy_handshake&) = delete;
    virtual ~proxy_handshake() = default;

    /// Writes and reads as much as possible; returns the readiness needed to continue, or nothing once the tunnel is
    /// open.
    /// @throws connect_failure
    [[nodiscard]] io_interest advance(byte_stream& stream);

protected:
    proxy_handshake(const server_settings& settings, const std::string& target);

    /// Consumes complete messages from `input()`.
    [[nodiscard]] virtual bool understand() = 0;

    /// May contain credentials: it is wiped.
    void say(std::string_view text) { output_.append(text, std::numeric_limits<std::uint64_t>::max()); }
    [[nodiscard]] std::string& input() noexcept { return input_; }
    [[noreturn]] void fail(const std::string& message, bool permanent) const;

private:
    const std::string refused_;
    wiped_buffer output_;
    std::size_t sent_ = 0;
    std::string input_;
};

/// @param host The server's name or address, as sent to the proxy.
[[nodiscard]] std::unique_ptr<proxy_handshake> make_proxy_handshake(const server_settings& settings,
                                                                    const std::string& host);
/// Uses the method CONNECT (RFC 9110, 9.3.6).
[[nodiscard]] std::unique_ptr<proxy_handshake> make_http_connect(const server_settings& settings,
                                                                 const std::string& host);
/// Uses SOCKS 5 (RFC 1928), with user name and password (RFC 1929) if given.
[[nodiscard]] std::unique_ptr<proxy_handshake> make_socks5(const server_settings& settings, const std::string& host);

} // namespace sipher::detail
