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

/// What is said to a proxy until it has opened the way to the server.
class proxy_handshake {
public:
    proxy_handshake(const proxy_handshake&) = delete;
    proxy_handshake& operator=(const proxy_handshake&) = delete;
    virtual ~proxy_handshake() = default;

    /// Says and hears as much as it can; what it needs to go on, or nothing once the way is open.
    /// @throws connect_failure
    [[nodiscard]] io_interest advance(byte_stream& stream);

protected:
    proxy_handshake(const server_settings& settings, const std::string& target);

    /// Takes what it understands of `input()`.
    [[nodiscard]] virtual bool understand() = 0;

    /// May hold credentials: it is wiped.
    void say(std::string_view text) { output_.append(text, std::numeric_limits<std::uint64_t>::max()); }
    [[nodiscard]] std::string& input() noexcept { return input_; }
    [[noreturn]] void fail(const std::string& message, bool permanent) const;

private:
    const std::string refused_;
    wiped_buffer output_;
    std::size_t sent_ = 0;
    std::string input_;
};

/// @param host The server's name or address, as the proxy is asked for it.
[[nodiscard]] std::unique_ptr<proxy_handshake> make_proxy_handshake(const server_settings& settings,
                                                                    const std::string& host);
/// By the method CONNECT (RFC 9110, 9.3.6).
[[nodiscard]] std::unique_ptr<proxy_handshake> make_http_connect(const server_settings& settings,
                                                                 const std::string& host);
/// By SOCKS 5 (RFC 1928), with the user's name and password (RFC 1929) if there are any.
[[nodiscard]] std::unique_ptr<proxy_handshake> make_socks5(const server_settings& settings, const std::string& host);

} // namespace sipher::detail
