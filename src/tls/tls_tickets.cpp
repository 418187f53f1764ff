#include "tls/tls_tickets.hpp"

#include "options/validation.hpp"
#include "tls/openssl_errors.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace sipher::detail {

namespace {

/// The default number of a client's connections.
constexpr std::size_t most_tickets = 8;

using digest_ptr = std::unique_ptr<EVP_MD_CTX, openssl_delete<EVP_MD_CTX_free>>;

void add_certificate(EVP_MD_CTX* to, const X509* certificate)
{
    ticket_scope digest{};
    if (certificate != nullptr) {
        X509_digest(certificate, EVP_sha256(), digest.data(), nullptr);
    }
    EVP_DigestUpdate(to, digest.data(), digest.size());
}

bool is_of(const SSL_SESSION* ticket, const ticket_scope& scope)
{
    unsigned size = 0;
    const unsigned char* const written = SSL_SESSION_get0_id_context(ticket, &size);
    return std::equal(scope.begin(), scope.end(), written, written + size);
}

} // namespace

ticket_scope set_ticket_scope(SSL_CTX* context, std::string_view server_name)
{
    const digest_ptr digest{EVP_MD_CTX_new()};
    if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) {
        throw std::bad_alloc{};
    }
    EVP_DigestUpdate(digest.get(), server_name.data(), server_name.size());
    add_certificate(digest.get(), SSL_CTX_get0_certificate(context));
    const STACK_OF(X509_OBJECT)* const trusted = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
    for (int i = 0; i < sk_X509_OBJECT_num(trusted); ++i) {
        add_certificate(digest.get(), X509_OBJECT_get0_X509(sk_X509_OBJECT_value(trusted, i)));
    }
    ticket_scope scope{};
    EVP_DigestFinal_ex(digest.get(), scope.data(), nullptr);
    SSL_CTX_set_session_id_context(context, scope.data(), static_cast<unsigned>(scope.size()));
    return scope;
}

tls_tickets::tls_tickets()
{
    tickets_.reserve(most_tickets);
}

tls_tickets::tls_tickets(std::string_view pem) : tls_tickets()
{
    const openssl_errors ours;
    const bio_ptr source{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    while (ssl_session_ptr ticket{PEM_read_bio_SSL_SESSION(source.get(), nullptr, nullptr, nullptr)}) {
        const std::chrono::seconds since{SSL_SESSION_get_time(ticket.get())};
        keep(std::move(ticket), clock::wall_time{since});
    }
    const bool at_the_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (!pem.empty() && (!at_the_end || tickets_.empty())) {
        throw_invalid("saved", "is not what tls_ticket_store::save returned");
    }
}

void tls_tickets::keep(ssl_session_ptr ticket, clock::wall_time now) noexcept
{
    if (!ticket || SSL_SESSION_is_resumable(ticket.get()) == 0) {
        return;
    }
    const std::lock_guard lock{mutex_};
    if (tickets_.size() == most_tickets) {
        tickets_.erase(tickets_.begin());
    }
    tickets_.push_back({std::move(ticket), now});
}

ssl_session_ptr tls_tickets::take(const ticket_scope& scope, const expected_peer& peer, clock::wall_time now)
{
    const std::lock_guard lock{mutex_};
    std::erase_if(tickets_, [&](const kept_ticket& each) {
        return is_of(each.session.get(), scope) && !may_be_offered(each.session.get(), peer, each.since, now);
    });
    const auto newest = std::find_if(tickets_.rbegin(), tickets_.rend(),
                                     [&](const kept_ticket& each) { return is_of(each.session.get(), scope); });
    if (newest == tickets_.rend()) {
        return {};
    }
    if (SSL_SESSION_get_protocol_version(newest->session.get()) < TLS1_3_VERSION) {
        return ssl_session_ptr{SSL_SESSION_dup(newest->session.get())};
    }
    ssl_session_ptr taken = std::move(newest->session);
    tickets_.erase(std::next(newest).base());
    return taken;
}

secret tls_tickets::to_pem() const
{
    const openssl_errors ours;
    // It wipes its content.
    const bio_ptr text{BIO_new(BIO_s_secmem())};
    const std::lock_guard lock{mutex_};
    for (const kept_ticket& each : tickets_) {
        if (!text || PEM_write_bio_SSL_SESSION(text.get(), each.session.get()) != 1) {
            throw std::bad_alloc{};
        }
    }
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(text.get(), &bytes);
    return secret{std::string_view{bytes, static_cast<std::size_t>(size)}};
}

tls_tickets& tickets_of(const tls_ticket_store& store) noexcept
{
    return *store.tickets_;
}

} // namespace sipher::detail

namespace sipher {

tls_ticket_store::tls_ticket_store() : tickets_(std::make_unique<detail::tls_tickets>()) {}

tls_ticket_store::tls_ticket_store(const secret& saved)
    : tickets_(std::make_unique<detail::tls_tickets>(saved.reveal()))
{
}

tls_ticket_store::~tls_ticket_store() = default;

secret tls_ticket_store::save() const
{
    return tickets_->to_pem();
}

} // namespace sipher
