#pragma once

#include "net/channel.hpp"
#include "tls/openssl_handle.hpp"
#include "tls/tls_peer.hpp"
#include "tls/tls_tickets.hpp"

#include <sipher/client_options.hpp>

#include <memory>
#include <string>

namespace sipher::detail {

/// How a client speaks TLS with one server: what it trusts, what it presents, and the tickets that it was given.
class tls_context {
public:
    /// @param server_name What to ask for (unless it is an address) and to verify.
    /// @throws sipher::error with `errc::invalid_request` that names the option which cannot be used.
    tls_context(const tls_options& options, std::string server_name, bool is_address, std::shared_ptr<clock> time);
    ~tls_context();
    tls_context(const tls_context&) = delete;
    tls_context& operator=(const tls_context&) = delete;

    /// A client's side of a new TLS connection. The context must outlive it.
    [[nodiscard]] std::unique_ptr<channel> make_channel(std::unique_ptr<byte_stream> stream);

    /// OpenSSL, which calls it, knows no exceptions.
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
