#pragma once

#include <chrono>
#include <optional>

namespace sipher::detail {

/// The idle time after which connections to one peer may still be reused, learned from the fate of earlier ones. All
/// times passed in are idle times.
///
/// A hint of the peer is binding. Without one the limit doubles whenever a connection is still open at it, until one
/// is found closed; the limit then stays below that time, and is exceeded again only after several more have reached
/// it, because a restarted peer closes all idle connections. A request that met a dead connection lowers the limit even
/// with a hint, because something on the path may drop connections silently.
class keep_alive_limit {
public:
    using nanoseconds = std::chrono::nanoseconds;

    /// The limit while nothing is known.
    static constexpr std::chrono::seconds at_first{4};

    explicit keep_alive_limit(nanoseconds ceiling) noexcept;

    struct idle_limits {
        nanoseconds any{};
        /// For a request that must not be repeated: half of the hint or of the learned limit, and at most half of what
        /// a response has proved, since an open connection need not still reach the peer.
        nanoseconds careful{};
    };
    /// @param margin The part of the hint that must not be used, because the peer's timer starts before ours.
    [[nodiscard]] idle_limits limits(nanoseconds margin) const noexcept;

    /// A response had this `Keep-Alive: timeout`. If it differs from the previous one, the learned limit is reset.
    void hear(std::optional<std::chrono::seconds> hint) noexcept;
    /// A response was received on a connection that had been idle for this long.
    void prove(nanoseconds idle) noexcept;
    /// A connection was still open after the maximum idle time.
    void outlive(nanoseconds idle) noexcept;
    /// The peer closed an idle connection.
    void see_closed(nanoseconds idle, nanoseconds margin) noexcept;
    /// A request met a dead connection.
    void find_dead(nanoseconds idle) noexcept;

private:
    /// Number of connections that must reach the limit before it is exceeded again: after one was closed, which costs
    /// nothing, and at most, after several were found dead, each of which costs a call its time.
    static constexpr unsigned least_patience = 8;
    static constexpr unsigned most_patience = 512;

    /// A longer proven idle time is no longer valid: the peer or the path to it has changed.
    [[nodiscard]] bool contradicts(nanoseconds idle) noexcept;

    nanoseconds ceiling_;
    std::optional<std::chrono::seconds> hint_;
    nanoseconds limit_;
    nanoseconds proved_{};
    unsigned patience_ = least_patience;
    unsigned until_longer_ = 1;
};

} // namespace sipher::detail
