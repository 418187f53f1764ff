#pragma once

#include <sipher/config.hpp>
#include <sipher/secret.hpp>

#include <memory>

namespace sipher {

class tls_ticket_store;

namespace detail {
class tls_tickets;
tls_tickets& tickets_of(const tls_ticket_store& store) noexcept;
} // namespace detail

/// Tickets that resume later TLS connections, at about half the cost of a full handshake.
///
/// By default each client has its own store. Several clients can share one (`tls_options::tickets`), and a saved store
/// lets the next process resume this one's sessions:
///
///     options.tls.tickets = std::make_shared<sipher::tls_ticket_store>(saved_by_the_process_before);
///     …
///     save_for_the_next_process(options.tls.tickets->save());
///
/// The server sends no certificate on a resumed connection, so only a server that presented one before, to a client
/// that trusted the same authorities, can resume; its name, dates and pinned keys are checked again. A day after the
/// certificate was last verified, a full handshake verifies it anew. A process uses a TLS 1.3 ticket once; `save` at
/// the end of the process keeps it from being used twice.
///
/// Thread safety: all members may be called from any thread at the same time.
class SIPHER_API tls_ticket_store {
public:
    tls_ticket_store();
    /// Restores the result of `save`, possibly from another process. Empty: no tickets.
    /// @throws sipher::error with `errc::invalid_request` if it is anything else.
    explicit tls_ticket_store(const secret& saved);
    ~tls_ticket_store();
    tls_ticket_store(const tls_ticket_store&) = delete;
    tls_ticket_store& operator=(const tls_ticket_store&) = delete;

    /// The tickets as text in PEM, which OpenSSL's `sess_id` can read as well; the store keeps them. A holder of this
    /// text can read the data of connections resumed with it, and can impersonate the server to a client that uses it:
    /// store it like a private key.
    [[nodiscard]] secret save() const;

private:
    friend detail::tls_tickets& detail::tickets_of(const tls_ticket_store& store) noexcept;

    const std::unique_ptr<detail::tls_tickets> tickets_;
};

} // namespace sipher
