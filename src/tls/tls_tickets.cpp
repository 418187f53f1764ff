#include "tls/tls_tickets.hpp"

#include "options/origin.hpp"
#include "options/validation.hpp"
#include "tls/openssl_errors.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace sipher::detail {

namespace {

/// Of one scope: the default number of a client's connections.
constexpr std::ptrdiff_t most_of_a_scope = 8;
constexpr std::size_t most_tickets = 64;

using digest_ptr = std::unique_ptr<EVP_MD_CTX, openssl_delete<EVP_MD_CTX_free>>;

void add_certificate(EVP_MD_CTX* to, const X509* certificate)
{
    ticket_scope digest{};
    if (certificate != nullptr) {
        X509_digest(certificate, EVP_sha256(), digest.data(), nullptr);
    }
    EVP_DigestUpdate(to, digest.data(), digest.size());
}

/// OpenSSL reads the system's folder of authorities only when it needs one of them.
void add_system_folder(EVP_MD_CTX* to)
{
    std::string folder{environment(X509_get_default_cert_dir_env())};
    if (folder.empty()) {
        folder = X509_get_default_cert_dir();
    }
    std::error_code unknown;
    const auto changed = std::filesystem::last_write_time(folder, unknown).time_since_epoch().count();
    EVP_DigestUpdate(to, folder.data(), folder.size());
    EVP_DigestUpdate(to, &changed, sizeof changed);
}

bool is_of(const ssl_session_ptr& ticket, const ticket_scope& scope)
{
    unsigned size = 0;
    const unsigned char* const written = SSL_SESSION_get0_id_context(ticket.get(), &size);
    return std::equal(scope.begin(), scope.end(), written, written + size);
}

/// OpenSSL copies this data with a ticket, to those that replace it, and into its text.
std::optional<ticket_times> times_of(SSL_SESSION* ticket)
{
    void* data = nullptr;
    std::size_t size = 0;
    ticket_times times{};
    if (SSL_SESSION_get0_ticket_appdata(ticket, &data, &size) != 1 || size != sizeof times) {
        return std::nullopt;
    }
    std::memcpy(&times, data, sizeof times);
    static constexpr clock::wall_time latest{std::chrono::years{10'000}};
    const auto is_time = [](clock::wall_time each) { return each >= clock::wall_time{} && each < latest; };
    return is_time(times.verified) && is_time(times.received) ? std::optional{times} : std::nullopt;
}

/// Null: there is no other, or it cannot be read.
ssl_session_ptr read_ticket(BIO* source)
{
    unsigned char* bytes = nullptr;
    long size = 0;
    if (PEM_bytes_read_bio_secmem(&bytes, &size, nullptr, PEM_STRING_SSL_SESSION, source, refuse_passphrase, nullptr) !=
        1) {
        return {};
    }
    const unsigned char* at = bytes;
    ssl_session_ptr ticket{d2i_SSL_SESSION(nullptr, &at, size)};
    OPENSSL_secure_clear_free(bytes, static_cast<std::size_t>(size));
    return ticket;
}

ticket_scope make_scope(SSL_CTX* context, const expected_peer& peer, const tls_options& options)
{
    const digest_ptr digest{EVP_MD_CTX_new()};
    if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) {
        throw std::bad_alloc{};
    }
    EVP_DigestUpdate(digest.get(), peer.name.data(), peer.name.size());
    for (const public_key_pin& pin : peer.pins) {
        EVP_DigestUpdate(digest.get(), pin.data(), pin.size());
    }
    add_certificate(digest.get(), SSL_CTX_get0_certificate(context));
    const STACK_OF(X509_OBJECT)* const trusted = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
    for (int i = 0; i < sk_X509_OBJECT_num(trusted); ++i) {
        add_certificate(digest.get(), X509_OBJECT_get0_X509(sk_X509_OBJECT_value(trusted, i)));
    }
    if (options.ca_file.empty() && options.ca_pem.empty()) {
        add_system_folder(digest.get());
    }
    ticket_scope scope{};
    EVP_DigestFinal_ex(digest.get(), scope.data(), nullptr);
    return scope;
}

} // namespace

ticket_scope set_ticket_scope(SSL_CTX* context, const expected_peer& peer, const tls_options& options)
{
    // A store that is neither shared nor saved has one scope only, and a digest of all authorities takes time.
    const ticket_scope scope = options.tickets ? make_scope(context, peer, options) : ticket_scope{};
    SSL_CTX_set_session_id_context(context, scope.data(), static_cast<unsigned>(scope.size()));
    return scope;
}

tls_tickets::tls_tickets()
{
    tickets_.reserve(most_tickets);
}

tls_tickets::tls_tickets(std::string_view pem) : tls_tickets()
{
    if (pem.empty()) {
        return;
    }
    const openssl_errors ours;
    const bio_ptr source{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    if (!source) {
        throw std::bad_alloc{};
    }
    while (ssl_session_ptr ticket = read_ticket(source.get())) {
        if (times_of(ticket.get())) {
            insert(std::move(ticket));
        }
    }
    if (tickets_.empty() || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        throw_invalid("saved", "is not what tls_ticket_store::save returned");
    }
}

void tls_tickets::keep(ssl_session_ptr ticket, clock::wall_time now) noexcept
{
    if (!ticket || SSL_SESSION_is_resumable(ticket.get()) == 0) {
        return;
    }
    ticket_times times = times_of(ticket.get()).value_or(ticket_times{now, now});
    times.received = now;
    if (SSL_SESSION_set1_ticket_appdata(ticket.get(), &times, sizeof times) == 1) {
        insert(std::move(ticket));
    }
}

void tls_tickets::insert(ssl_session_ptr ticket) noexcept
{
    unsigned size = 0;
    ticket_scope scope{};
    const unsigned char* const written = SSL_SESSION_get0_id_context(ticket.get(), &size);
    if (size != scope.size()) {
        return;
    }
    std::copy(written, written + size, scope.begin());
    const auto is_older = [&scope](const ssl_session_ptr& each) { return is_of(each, scope); };
    const std::lock_guard lock{mutex_};
    if (std::ranges::count_if(tickets_, is_older) >= most_of_a_scope) {
        tickets_.erase(std::ranges::find_if(tickets_, is_older));
    } else if (tickets_.size() == most_tickets) {
        tickets_.erase(tickets_.begin());
    }
    tickets_.push_back(std::move(ticket));
}

ssl_session_ptr tls_tickets::take(const ticket_scope& scope, const expected_peer& peer, clock::wall_time now)
{
    const std::lock_guard lock{mutex_};
    std::erase_if(tickets_, [&](const ssl_session_ptr& each) {
        return is_of(each, scope) && !may_be_offered(each.get(), peer, *times_of(each.get()), now);
    });
    const auto newest = std::find_if(tickets_.rbegin(), tickets_.rend(),
                                     [&](const ssl_session_ptr& each) { return is_of(each, scope); });
    if (newest == tickets_.rend()) {
        return {};
    }
    if (SSL_SESSION_get_protocol_version(newest->get()) < TLS1_3_VERSION) {
        return ssl_session_ptr{SSL_SESSION_dup(newest->get())};
    }
    ssl_session_ptr taken = std::move(*newest);
    tickets_.erase(std::next(newest).base());
    return taken;
}

secret tls_tickets::to_pem() const
{
    const openssl_errors ours;
    // A secmem BIO wipes its memory.
    const bio_ptr text{BIO_new(BIO_s_secmem())};
    if (!text) {
        throw std::bad_alloc{};
    }
    const std::lock_guard lock{mutex_};
    for (const ssl_session_ptr& each : tickets_) {
        if (PEM_write_bio_SSL_SESSION(text.get(), each.get()) != 1) {
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
