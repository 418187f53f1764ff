#pragma once

#include "tls/openssl_handle.hpp"
#include "tls/tls_peer.hpp"

#include <sipher/client_options.hpp>
#include <sipher/clock.hpp>
#include <sipher/tls_ticket_store.hpp>

#include <array>
#include <mutex>
#include <string_view>
#include <vector>

namespace sipher::detail {

/// The scope of tickets: a digest of the verified name, the pinned keys, the trusted authorities and the client's
/// certificate.
using ticket_scope = std::array<unsigned char, 32>;

/// Makes OpenSSL write the scope into each ticket of this context.
[[nodiscard]] ticket_scope set_ticket_scope(SSL_CTX* context, const expected_peer& peer, const tls_options& options);

/// The newest tickets of one scope or several.
class tls_tickets {
public:
    tls_tickets();
    /// @throws sipher::error with `errc::invalid_request`
    explicit tls_tickets(std::string_view pem);

    /// A ticket received over a resumed connection inherits the time of the verification.
    void keep(ssl_session_ptr ticket, clock::wall_time now) noexcept;
    /// The newest ticket of that scope that may be offered to `peer`; null: none. A TLS 1.3 ticket is used only once,
    /// so it is removed.
    [[nodiscard]] ssl_session_ptr take(const ticket_scope& scope, const expected_peer& peer, clock::wall_time now);
    [[nodiscard]] secret to_pem() const;

private:
    void insert(ssl_session_ptr ticket) noexcept;

    mutable std::mutex mutex_;
    /// Newest last. Each holds its `ticket_times`.
    std::vector<ssl_session_ptr> tickets_;
};

} // namespace sipher::detail
