#pragma once

#include "connection/byte_stream.hpp"
#include "connection/channel.hpp"
#include "values/proxy.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sipher::detail {

/// What is said to a proxy until it has opened the way to the server.
class proxy_handshake {
public:
    proxy_handshake(const proxy_handshake&) = delete;
    proxy_handshake& operator=(const proxy_handshake&) = delete;
    virtual ~proxy_handshake();

    /// Says and hears as much as it can; what it needs to go on, or nothing once the way is open.
    /// @throws connect_failure
    [[nodiscard]] need advance(byte_stream& stream);

protected:
    proxy_handshake(const proxy_route& proxy, const std::string& target);

    /// Takes what it understands of `input()`.
    [[nodiscard]] virtual bool understand() = 0;

    /// May hold credentials: it is wiped.
    void say(std::string_view text);
    [[nodiscard]] std::string& input() noexcept { return input_; }
    [[noreturn]] void fail(const std::string& problem, bool permanent) const;

private:
    const std::string refused_;
    std::string output_;
    std::size_t sent_ = 0;
    std::string input_;
};

/// What the proxy is asked for.
struct proxy_target {
    proxy_target() = default;

    /// A name or an address, without brackets.
    std::string host;
    std::uint16_t port = 0;
    /// Of CONNECT.
    std::string user_agent;
    std::size_t header_size = 0;
};

[[nodiscard]] std::unique_ptr<proxy_handshake> make_proxy_handshake(const proxy_route& proxy,
                                                                    const proxy_target& target);
/// By the method CONNECT (RFC 9110, 9.3.6).
[[nodiscard]] std::unique_ptr<proxy_handshake> make_http_connect(const proxy_route& proxy, const proxy_target& target);
/// By SOCKS 5 (RFC 1928), with the user's name and password (RFC 1929) if there are any.
[[nodiscard]] std::unique_ptr<proxy_handshake> make_socks5(const proxy_route& proxy, const proxy_target& target);

} // namespace sipher::detail
