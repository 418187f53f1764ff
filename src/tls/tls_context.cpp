#include "tls/tls_context.hpp"

#include "tls/openssl_errors.hpp"
#include "tls/stream_bio.hpp"
#include "tls/tls_channel.hpp"
#include "tls/tls_setup.hpp"

#include <new>
#include <utility>

namespace sipher::detail {

namespace {

constexpr std::size_t kept_sessions = 4;

int on_new_session(SSL* ssl, SSL_SESSION* session)
{
    auto* const owner = static_cast<tls_context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    // A copy, because OpenSSL marks the connection's own one unusable when the peer closes with a bare FIN.
    owner->keep_session(ssl_session_ptr{SSL_SESSION_dup(session)});
    return 0;
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
      bio_method_(make_stream_bio_method()), context_(make_ssl_context(options))
{
    // A name that cannot be asked for is refused now.
    static_cast<void>(make_ssl());
    sessions_.reserve(kept_sessions);
    // A resumed handshake would not look whether a certificate has been revoked, or its list is too old, since.
    if (options.crl_file.empty()) {
        SSL_CTX_set_app_data(context_.get(), this);
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context_.get(), on_new_session);
    }
}

tls_context::~tls_context() = default;

std::unique_ptr<channel> tls_context::make_channel(std::unique_ptr<byte_stream> stream)
{
    const openssl_errors ours;
    ssl_ptr ssl = make_ssl();
    if (const ssl_session_ptr session = take_session()) {
        SSL_set_session(ssl.get(), session.get());
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

void tls_context::keep_session(ssl_session_ptr session) noexcept
{
    if (!session || SSL_SESSION_is_resumable(session.get()) == 0) {
        return;
    }
    const std::lock_guard lock{mutex_};
    if (sessions_.size() == kept_sessions) {
        sessions_.erase(sessions_.begin());
    }
    sessions_.push_back({std::move(session), time_->wall_now()});
}

ssl_session_ptr tls_context::take_session()
{
    const std::lock_guard lock{mutex_};
    std::erase_if(sessions_, [this, now = time_->wall_now()](const kept_session& each) {
        return !may_be_offered(each.session.get(), peer_, each.since, now);
    });
    if (sessions_.empty()) {
        return {};
    }
    SSL_SESSION* const newest = sessions_.back().session.get();
    if (SSL_SESSION_get_protocol_version(newest) >= TLS1_3_VERSION) {
        ssl_session_ptr taken = std::move(sessions_.back().session);
        sessions_.pop_back();
        return taken;
    }
    return ssl_session_ptr{SSL_SESSION_dup(newest)};
}

} // namespace sipher::detail
