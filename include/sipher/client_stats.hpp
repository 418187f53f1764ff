#pragma once

#include <sipher/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace sipher {

/// A snapshot of the gate in front of the service's rate limit.
struct SIPHER_API rate_gate_stats {
    rate_gate_stats() = default;

    /// Calls that wait for the gate, and the longest that any of them has waited so far.
    std::size_t waiting = 0;
    std::chrono::nanoseconds longest_wait{};
    /// Time until it opens. Zero: open.
    std::chrono::nanoseconds closed_for{};
    /// Requests left in the service's window. Unset: unknown at present.
    std::optional<unsigned> remaining;
    /// Requests for which `client_options::quota_source` gave no response, since the client was made.
    std::uint64_t source_failures = 0;
};

static_assert(!std::is_aggregate_v<rate_gate_stats>);

/// A snapshot of a client's connections. `open == idle + busy + dialing` holds at every moment.
struct SIPHER_API client_stats {
    client_stats() = default;

    std::size_t open = 0;
    std::size_t idle = 0;
    std::size_t busy = 0;
    /// Connections being established.
    std::size_t dialing = 0;
    /// Calls that wait for a connection.
    std::size_t waiting = 0;
    /// Calls that wait for the service's rate limit, which comes before waiting for a connection.
    rate_gate_stats rate_gate;

    /// Counted since the client was made: connections established, requests on a reused connection, connections that
    /// failed.
    std::uint64_t dialed = 0;
    std::uint64_t reused = 0;
    std::uint64_t dial_failures = 0;
    /// TLS handshakes that resumed an earlier session.
    std::uint64_t resumed = 0;

    /// Connections closed, by reason: closed by the server while idle, unsolicited data from the server, idle time or
    /// lifetime expired, `pool_options::max_idle` connections already idle, an exchange failed or was cancelled, and
    /// the server asked for it or did not keep the connection alive.
    std::uint64_t closed_by_peer = 0;
    std::uint64_t closed_unsolicited = 0;
    std::uint64_t closed_expired = 0;
    std::uint64_t closed_surplus = 0;
    std::uint64_t closed_failed = 0;
    std::uint64_t closed_not_reusable = 0;
};

static_assert(!std::is_aggregate_v<client_stats>);

} // namespace sipher
