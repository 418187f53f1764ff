#pragma once

#include <sipher/clock.hpp>
#include <sipher/config.hpp>
#include <sipher/observer.hpp>
#include <sipher/quota_source.hpp>
#include <sipher/response_info.hpp>
#include <sipher/retry_options.hpp>
#include <sipher/secret.hpp>
#include <sipher/tls_ticket_store.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace sipher {

/// How the service is authenticated and the channel protected.
struct SIPHER_API tls_options {
    tls_options() = default;

    /// File of trusted authorities in PEM. Empty, and `ca_pem` empty: the system's store.
    std::string ca_file;
    /// Trusted authorities in PEM, instead of a file.
    std::string ca_pem;
    /// File of the client's certificate chain in PEM. Empty: none is sent.
    std::string certificate_file;
    /// File of its private key in PEM. Required with `certificate_file`.
    std::string private_key_file;
    /// Passphrase of an encrypted private key. Empty: not encrypted.
    secret private_key_passphrase;
    /// The service's certificate must have one of these public keys, besides being signed by a trusted authority. Each
    /// is the base64 SHA-256 of a SubjectPublicKeyInfo, as in `sha256/AAAA…=`. Empty: any key.
    std::vector<std::string> pinned_public_keys;
    /// File of certificate revocation lists in PEM, one for each authority that signs the service's certificate. A
    /// revoked certificate is rejected, and so is one whose authority has no list here. Empty: not checked.
    std::string crl_file;
    /// Server name to send (SNI) and to verify instead of the base URL's host. Empty: that host.
    std::string server_name;
    /// The oldest version to accept: 12 (TLS 1.2) or 13 (TLS 1.3).
    unsigned minimum_version = 12;
    /// Store of the tickets that resume later connections: shared with other clients, or saved for the next process.
    /// Null: the client uses its own store. With `crl_file`, no tickets are kept.
    std::shared_ptr<tls_ticket_store> tickets;
};

/// Access through a proxy. TLS is spoken with the service itself, through the tunnel that the proxy opens.
struct SIPHER_API proxy_options {
    proxy_options() = default;

    /// `http://proxy:3128` (CONNECT), `https://` (the same over TLS, verified with `tls.ca_file` or `tls.ca_pem` if
    /// set, else with the system's store), `socks5h://` (the proxy resolves the service's name) or `socks5://` (it is
    /// resolved here, preferably to an IPv4 address), also with `user:password@`. Empty: no proxy, unless
    /// `use_environment` finds one.
    secret url;
    /// Credentials for the proxy. Empty: those in `url`. They are sent only to the proxy.
    std::string username;
    secret password;
    /// Servers to connect to directly: names (with all names below them), `.name` (only the names below it),
    /// addresses, networks such as `10.0.0.0/8`, each also with `:port`; or `*`. Separated by commas or spaces.
    std::string no_proxy;
    /// If `url` is empty, take it from `https_proxy`, `HTTPS_PROXY` (for an http base URL: `http_proxy`), `all_proxy`
    /// or `ALL_PROXY`, and `no_proxy`, if that is empty, from `no_proxy` or `NO_PROXY`. The local machine is then never
    /// reached through a proxy.
    bool use_environment = false;
    /// Time allowed for the proxy's handshake. Zero: no limit.
    std::chrono::milliseconds timeout{5000};
};

/// Number and lifetime of connections.
struct SIPHER_API pool_options {
    pool_options() = default;

    /// Limit of connections, including those being established. 0 is invalid.
    std::size_t max_connections = 8;
    /// Limit of calls waiting for a busy connection; one more fails with `errc::pool_overloaded`. Calls for which a
    /// connection is being established, or still can be, do not count. Zero: none may wait.
    std::size_t max_waiting = 1024;
    /// Idle connections to keep; one more is closed. At most `max_connections`. Unset: `max_connections`. Zero:
    /// connections are not kept.
    std::optional<std::size_t> max_idle;
    /// Maximum idle time after which a connection may still be reused; zero: connections are not kept. The service's
    /// `Keep-Alive` hint, less a margin, shortens it. Without a hint the client starts at 4 s and learns from when
    /// connections are closed. A connection that proves dead lowers it, to no less than 4 s. Requests that are not
    /// idempotent use half of the hint or of the learned limit, and at most half of an idle time that a response has
    /// proven safe, or 2 s (4 s with a hint) if that is longer.
    std::chrono::milliseconds idle_timeout{300'000};
    /// Maximum lifetime of a connection, ±10 %, so that address and certificate changes are picked up.
    /// Zero: unlimited.
    std::chrono::milliseconds max_lifetime{300'000};
};

/// Time limits. All are deadlines on the client's clock.
struct SIPHER_API timeout_options {
    timeout_options() = default;

    /// One call, including its waits and retries. Zero: no limit.
    std::chrono::milliseconds total{30'000};
    /// One call's waits for its turn: for the rate limit, the daily quota and a connection. They then do not count
    /// towards `total`. Zero: no limit. Unset: they count towards `total` and have no separate limit.
    std::optional<std::chrono::milliseconds> queue;
    /// One attempt: writing the request and reading the response. Zero: limited only by the total.
    std::chrono::milliseconds attempt{10'000};
    /// Time without progress while writing: the kernel accepts no bytes of the request. Zero: limited only by the
    /// attempt.
    std::chrono::milliseconds write{5000};
    /// Resolving the name and connecting, to the proxy if there is one. Zero: no limit.
    std::chrono::milliseconds connect{3000};
    /// A response of `client_options::quota_source`. Zero: limited only by the call.
    std::chrono::milliseconds quota_source{250};
    /// The TLS handshake. Zero: no limit.
    std::chrono::milliseconds tls_handshake{5000};
};

/// Limits on the memory that a peer can make the client use.
struct SIPHER_API limit_options {
    limit_options() = default;

    /// Bytes of a response's header, interim responses and trailers included. 0 is invalid.
    std::uint32_t header_size = 32 * 1024;
    /// Fields of a response's header, interim responses and trailers included. 0 is invalid.
    std::uint32_t header_fields = 128;
    /// Bytes of a response's body. 0 is invalid.
    std::uint64_t body_size = 1024 * 1024;
};

/// How the key is sent.
enum class authentication_scheme {
    /// `X-API-Key: <key>`
    api_key_header,
    /// `Authorization: Bearer <key>`
    bearer,
};

SIPHER_API std::ostream& operator<<(std::ostream& os, authentication_scheme value);

/// The period over which requests are paced.
enum class rate_pacing {
    /// No pacing: requests are sent immediately until a limit is used up.
    none,
    /// Spread over each window of the rate limit, from its start.
    window,
    /// Spreads the remainder of the key's daily quota over the rest of the day: for each category of endpoints, once
    /// `client::usage` or a refusal has reported its quota. Deletes and renewals are not held back.
    day,
};

SIPHER_API std::ostream& operator<<(std::ostream& os, rate_pacing value);

/// The key's daily request quotas, one for each category of endpoints. The client counts from the values that
/// `client::usage` or a refusal reports; before that no quota is known. When a quota is used up, a call fails at
/// once with `errc::quota_exhausted`, unless its timeouts allow it to wait for the renewal.
struct SIPHER_API daily_quota_options {
    daily_quota_options() = default;

    /// Percentage of a quota reserved for deletes and for the renewal of live sessions. Zero: none. At most 100.
    unsigned reserve = 5;
    /// Percentages of a quota, from 1 to 100 and ascending: `observer::on_quota` is called when each is reached. Empty:
    /// never.
    std::vector<unsigned> thresholds{80, 95, 100};
};

static_assert(!std::is_aggregate_v<daily_quota_options>);

/// All options of a client. The defaults suit the production service; only a key is missing.
struct SIPHER_API client_options {
    client_options() = default;

    /// Options from `SIPHER_API_KEY`, `SIPHER_BASE_URL` and `SIPHER_CA_FILE`; unset or empty ones keep the default.
    /// Without a key, the first call fails with `condition::unauthorized` and a message that says so.
    [[nodiscard]] static client_options from_environment();

    /// Validates everything that can be checked without network access. The constructor of `client` calls it.
    /// @throws sipher::error with `errc::invalid_request`, naming the offending field.
    void validate() const;

    /// `https://` or `http://`, host (name, IPv4 or [IPv6]), optional port and path prefix.
    std::string base_url = "https://sipher.sip-protocol.org";
    /// Empty, and no provider: requests carry no key.
    secret api_key;
    /// For keys that rotate: called once for each attempt, when its request is about to be written. Must not be set
    /// together with `api_key` (`from_environment` may have set that). It may be called from several threads at once
    /// and must not block. An exception ends the call with `errc::callback_failed`.
    std::function<secret()> api_key_provider;
    /// The same as a coroutine, which may wait: it is awaited on the call's executor when the request is about to be
    /// written, and is cancelled at the call's deadline and with the call, which then waits for it to end, so it should
    /// end promptly. At most one of
    /// `api_key`, `api_key_provider` and `async_api_key_provider` may be set.
    std::function<boost::asio::awaitable<secret>()> async_api_key_provider;
    authentication_scheme scheme = authentication_scheme::api_key_header;
    /// Permits sending the key over plain http to a host, or through a proxy, that is not this machine.
    bool allow_plaintext_credentials = false;

    tls_options tls;
    proxy_options proxy;
    pool_options pool;
    timeout_options timeouts;
    retry_options retry;
    limit_options limits;
    /// After a 429, or when the service says that nothing remains of its rate limit, hold requests back until its next
    /// window opens, then release the waiting calls in order, spread over the window. A call whose total or queue
    /// timeout ends before its turn fails with `errc::rate_limited`.
    bool rate_gate = true;
    /// `window` needs `rate_gate`.
    sipher::rate_pacing rate_pacing = sipher::rate_pacing::none;
    daily_quota_options daily_quota;
    /// Consulted before each request, in addition to the client's own gate, when several clients share a limit. Null:
    /// none.
    std::shared_ptr<sipher::quota_source> quota_source;

    /// Sent with every request.
    header_list default_headers;
    /// Empty: `sipher-cpp/<version>`.
    std::string user_agent;
    /// Null: no observer.
    std::shared_ptr<sipher::observer> observer;
    /// Null: the real time.
    std::shared_ptr<sipher::clock> clock;
    /// Seed of the jitter of waits and lifetimes (not of request ids). Zero: random.
    std::uint64_t jitter_seed = 0;
};

static_assert(!std::is_aggregate_v<tls_options>);
static_assert(!std::is_aggregate_v<proxy_options>);
static_assert(!std::is_aggregate_v<pool_options>);
static_assert(!std::is_aggregate_v<timeout_options>);
static_assert(!std::is_aggregate_v<limit_options>);
static_assert(!std::is_aggregate_v<client_options>);

} // namespace sipher
