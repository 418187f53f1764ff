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

/// The tickets with which later TLS connections are resumed, which costs about half of a full handshake.
///
/// Each client has such a store of its own. One that several clients are given (`tls_options::tickets`) is shared by
/// them, and one that was saved lets the next process resume what this one began:
///
///     options.tls.tickets = std::make_shared<sipher::tls_ticket_store>(saved_by_the_process_before);
///     …
///     save_for_the_next_process(options.tls.tickets->save());
///
/// A resumed connection shows no certificate, so it can be had only by who showed one before, to a client that trusted
/// the same authorities; its name, dates and pinned keys are compared again. A ticket is used once at most by
/// TLS 1.3, and for a day at most.
///
/// Thread safety: all members may be called from any thread at the same time.
class SIPHER_API tls_ticket_store {
public:
    tls_ticket_store();
    /// With what `save` returned, perhaps in another process. Empty: no tickets.
    /// @throws sipher::error with `errc::invalid_request` if it is anything else.
    explicit tls_ticket_store(const secret& saved);
    ~tls_ticket_store();
    tls_ticket_store(const tls_ticket_store&) = delete;
    tls_ticket_store& operator=(const tls_ticket_store&) = delete;

    /// The tickets as text in PEM, which OpenSSL's `sess_id` reads, too; the store keeps them. Whoever has it can read
    /// what is sent over connections that are resumed with it, and can pose as the server to a client that is given it:
    /// store it like a private key.
    [[nodiscard]] secret save() const;

private:
    friend detail::tls_tickets& detail::tickets_of(const tls_ticket_store& store) noexcept;

    const std::unique_ptr<detail::tls_tickets> tickets_;
};

} // namespace sipher
