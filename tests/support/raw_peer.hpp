#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sipher::test {

/// How a peer ended its half of a connection.
enum class connection_end { close_notify, bare_fin, reset, other };

using raw_response = boost::beast::http::response<boost::beast::http::string_body>;

/// A blocking HTTP/1.1 client on one connection to this machine, which shares no code with the library and sends
/// exactly the given bytes.
class raw_peer {
public:
    /// Plain if `ca_pem` is empty; otherwise TLS with the peer verified as `server_name`. `earlier` is a peer whose TLS
    /// session is resumed.
    /// @throws boost::system::system_error, as do all members
    explicit raw_peer(std::uint16_t port, const std::string& ca_pem = {}, const std::string& server_name = "localhost",
                      const raw_peer* earlier = nullptr);
    raw_peer(const raw_peer&) = delete;
    raw_peer& operator=(const raw_peer&) = delete;
    ~raw_peer();

    void send(std::string_view bytes);
    /// One response, framed by its header; `to_head` when it responds to a HEAD request.
    raw_response read_response(bool to_head = false);
    /// Reads until the connection ends.
    std::string read_to_end();
    /// How the connection ended; valid after `read_to_end`.
    [[nodiscard]] connection_end end() const noexcept;
    /// Such as `TLSv1.3`; empty on a plain connection.
    [[nodiscard]] std::string tls_version() const;
    [[nodiscard]] bool resumed() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace sipher::test
