#include "tls/tls_context.hpp"

#include "tls/openssl_errors.hpp"
#include "tls/stream_bio.hpp"
#include "tls/tls_channel.hpp"
#include "tls/tls_setup.hpp"

#include <new>
#include <utility>

namespace sipher::detail {

namespace {

int on_new_session(SSL* ssl, SSL_SESSION* session)
{
    auto* const owner = static_cast<tls_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    // A copy, because OpenSSL marks the connection's own one unusable when the peer closes with a bare FIN.
    owner->keep_ticket(ssl_session_ptr{SSL_SESSION_dup(session)});
    return 0;
}

/// Null: no tickets are kept or offered. A resumed handshake would not check whether the certificate has since been
/// revoked, or its list has expired.
std::shared_ptr<tls_ticket_store> choose_tickets(const tls_options& options)
{
    if (!options.crl_file.empty()) {
        return nullptr;
    }
    return options.tickets ? options.tickets : std::make_shared<tls_ticket_store>();
}

expected_peer make_peer(const tls_options& options, std::string name, bool is_address)
{
    expected_peer peer;
    peer.name = std::move(name);
    peer.is_address = is_address;
    for (const std::string& pin : options.pinned_public_keys) {
        peer.pins.push_back(parse_pin(pin, "tls.pinned_public_keys"));
    }
    return peer;
}

} // namespace

tls_context::tls_context(const tls_options& options, std::string server_name, bool is_address,
                         std::shared_ptr<clock> time)
    : peer_(make_peer(options, std::move(server_name), is_address)), time_(std::move(time)),
      bio_method_(make_stream_bio_method()), context_(make_ssl_context(options)),
      scope_(set_ticket_scope(context_.get(), peer_, options)), tickets_(choose_tickets(options))
{
    // Rejects an unusable name now.
    static_cast<void>(make_ssl());
    if (tickets_) {
        SSL_CTX_set_app_data(context_.get(), this);
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context_.get(), on_new_session);
    }
}

std::unique_ptr<channel> tls_context::make_channel(std::unique_ptr<byte_stream> stream)
{
    const openssl_errors ours;
    ssl_ptr ssl = make_ssl();
    if (tickets_) {
        if (const ssl_session_ptr ticket = tickets_of(*tickets_).take(scope_, peer_, time_->wall_now())) {
            SSL_set_session(ssl.get(), ticket.get());
        }
    }
    return make_tls_channel(std::move(stream), std::move(ssl), bio_method_.get(), peer_);
}

ssl_ptr tls_context::make_ssl()
{
    ssl_ptr ssl{SSL_new(context_.get())};
    if (!ssl) {
        throw std::bad_alloc{};
    }
    expect_peer(ssl.get(), peer_);
    SSL_set_connect_state(ssl.get());
    return ssl;
}

void tls_context::keep_ticket(ssl_session_ptr ticket) noexcept
{
    tickets_of(*tickets_).keep(std::move(ticket), time_->wall_now());
}

} // namespace sipher::detail
