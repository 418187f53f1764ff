#pragma once

#include <sipher/client_options.hpp>
#include <sipher/clock.hpp>
#include <sipher/config.hpp>
#include <sipher/response_info.hpp>
#include <sipher/session.hpp>
#include <sipher/testing/fault.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace sipher::testing {

/// Tier of a key. Sessions need `pro` or `enterprise`.
enum class tier { free, pro, enterprise };

/// A key that the sandbox accepts.
struct SIPHER_API sandbox_key {
    sandbox_key(std::string key_text, tier key_tier) : text(std::move(key_text)), level(key_tier) {}

    std::string text;
    tier level;
    /// Requests that may succeed per day: in each category of endpoints, and in total. Zero: no quota. (The real
    /// service: 2000 and 10 000 for `pro`, 20 000 and 100 000 for `enterprise`.)
    unsigned daily_quota = 0;
    unsigned daily_total = 0;
};

struct SIPHER_API sandbox_options {
    sandbox_options() = default;

    /// Address to listen on; `localhost`: 127.0.0.1 and, where the machine has it, ::1.
    std::string address = "localhost";
    /// Zero: any free port.
    std::uint16_t port = 0;
    /// Off: plain http.
    bool tls = true;
    /// Certificate chain and key in PEM to use instead of a generated one (for `localhost`, 127.0.0.1 and ::1).
    std::string certificate_pem;
    std::string private_key_pem;
    /// Accepted keys. By default: a `pro` key (`sandbox-pro-key`), another one (`sandbox-other-key`), an `enterprise`
    /// one (`sandbox-enterprise-key`) and a `free` one (`sandbox-free-key`).
    std::vector<sandbox_key> keys;
    /// Requests per window per client address. Zero: no limit (the real service: 100).
    unsigned rate_limit = 0;
    /// Length of a window. Zero: each request has its own, so nothing is limited.
    std::chrono::seconds rate_window{60};
    /// How long idle connections are kept, in real time, announced as `Keep-Alive: timeout=…` in whole seconds. Zero:
    /// they are never closed, and nothing is announced.
    std::chrono::milliseconds keep_alive{5000};
    /// How long they are kept beyond the announced time, as Node 20 does. Zero: no longer.
    std::chrono::milliseconds keep_alive_buffer{1000};
    /// Clock for sessions, rate windows and quotas. Null: real time.
    std::shared_ptr<sipher::clock> clock;
    /// Serves `/sandbox/…` too, which the real service does not have: faults, ledger, counters, clock and a reset over
    /// HTTP, for programs in other languages. Any client that can send a request can then use these.
    bool control = false;
};

static_assert(!std::is_aggregate_v<sandbox_key>);
static_assert(!std::is_aggregate_v<sandbox_options>);

/// What one request did, as recorded by the sandbox.
struct SIPHER_API ledger_entry {
    ledger_entry() = default;

    std::string method;
    /// Path and query.
    std::string target;
    std::string request_id;
    /// The header fields and the body as received.
    header_list headers;
    std::string body;
    /// The response's status; 0 if there was none.
    unsigned status = 0;
    /// Whether the request took effect.
    bool applied = false;
    /// For endpoints that use a session: the defaults that the request really ran under.
    std::optional<session_defaults> effective_defaults;
};

static_assert(!std::is_aggregate_v<ledger_entry>);

/// Totals since the sandbox started or was last reset (`open_connections`: at present).
struct SIPHER_API sandbox_counters {
    sandbox_counters() = default;

    std::uint64_t connections = 0;
    std::uint64_t open_connections = 0;
    std::uint64_t handshakes_resumed = 0;
    std::uint64_t handshake_failures = 0;
    /// Complete requests received.
    std::uint64_t requests = 0;
    /// Application bytes received (decrypted).
    std::uint64_t bytes_received = 0;
    /// Requests applied.
    std::uint64_t created = 0;
    std::uint64_t read = 0;
    std::uint64_t updated = 0;
    std::uint64_t deleted = 0;
    std::uint64_t other = 0;
};

static_assert(!std::is_aggregate_v<sandbox_counters>);

/// The Sessions service inside your process: for tests without a network.
///
/// It behaves as the real service does, its pitfalls included: tiers and ownership, validation, rate limits and quotas,
/// keep-alive that ends with a bare FIN, and an `X-Session-Id` that is silently ignored when the session does not exist
/// (`POST /v1/stealth/generate` responds with the defaults it ran under; `POST /v1/echo` responds with the whole body
/// after the merge). It runs on its own thread from construction to destruction.
///
/// Thread safety: all members may be called from any thread.
class SIPHER_API sandbox {
public:
    /// The sandbox is listening when the constructor returns.
    /// @throws boost::system::system_error when it cannot listen, or when a certificate or key is not usable.
    explicit sandbox(sandbox_options options = {});
    sandbox(const sandbox&) = delete;
    sandbox& operator=(const sandbox&) = delete;
    /// Closes all connections and ends the thread.
    ~sandbox();

    /// Such as `https://localhost:41234`.
    [[nodiscard]] std::string base_url() const;
    [[nodiscard]] std::uint16_t port() const;
    /// The authority that signed its certificate, in PEM; empty without TLS or with your own certificate.
    [[nodiscard]] std::string ca_pem() const;
    /// Options of a client that reaches this sandbox with the `pro` key.
    [[nodiscard]] client_options options() const;

    /// Adds faults for future requests.
    void add_fault(fault next);
    void add_faults(std::size_t count, const fault& next);
    void clear_faults();
    /// Drops unused faults, all connections and, like a service that keeps its sessions in memory, all sessions, rate
    /// windows and quotas; it keeps listening on the same port. Ledger and counters stay.
    void restart();
    /// Forgets one session, as if the service had lost it. False if it did not exist.
    bool lose_session(const session_id& id);
    /// Closes all connections that carry no request at present, with a bare FIN.
    void close_idle_connections();
    /// Responds to every request like a service shutting down: 503 `SERVICE_UNAVAILABLE`.
    void set_shutting_down(bool on);

    [[nodiscard]] sandbox_counters counters() const;
    /// Every complete request for the service since the start or the last reset, in the order received.
    [[nodiscard]] std::vector<ledger_entry> ledger() const;
    /// The sessions that exist and have not expired.
    [[nodiscard]] std::vector<session> sessions() const;

private:
    class implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace sipher::testing
