#pragma once

#include "net/channel.hpp"
#include "tls/openssl_handle.hpp"
#include "tls/tls_peer.hpp"
#include "tls/tls_tickets.hpp"

#include <sipher/client_options.hpp>

#include <memory>
#include <string>

namespace sipher::detail {

/// A client's TLS configuration for one server: its trust, its certificate, and the tickets received.
class tls_context {
public:
    /// @param server_name The name to send (SNI, unless it is an address) and to verify.
    /// @throws sipher::error with `errc::invalid_request` that names the unusable option.
    tls_context(const tls_options& options, std::string server_name, bool is_address, std::shared_ptr<clock> time);
    tls_context(const tls_context&) = delete;
    tls_context& operator=(const tls_context&) = delete;

    /// A client's side of a new TLS connection. The context must outlive it.
    [[nodiscard]] std::unique_ptr<channel> make_channel(std::unique_ptr<byte_stream> stream);

    /// Called by OpenSSL, so it must not throw.
    void keep_ticket(ssl_session_ptr ticket) noexcept;

private:
    [[nodiscard]] ssl_ptr make_ssl();

    const expected_peer peer_;
    const std::shared_ptr<clock> time_;
    const bio_method_ptr bio_method_;
    const ssl_ctx_ptr context_;
    const ticket_scope scope_;
    const std::shared_ptr<tls_ticket_store> tickets_;
};

} // namespace sipher::detail
