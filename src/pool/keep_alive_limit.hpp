#pragma once

#include <chrono>
#include <optional>

namespace sipher::detail {

/// How long connections to one peer may be idle and still be used, learned from what became of others. Times are passed
/// in, all of them idle times.
///
/// A hint of the peer binds. Without one the limit doubles whenever a connection has reached it and was still there,
/// until one is seen to be closed; the limit stays below that, and is tried beyond after some more have reached it, as
/// a peer that was restarted closes whatever is idle. A request that met a dead connection teaches with a hint as well,
/// because something between here and the peer may drop connections silently.
class keep_alive_limit {
public:
    using nanoseconds = std::chrono::nanoseconds;

    /// As long as nothing is known.
    static constexpr std::chrono::seconds at_first{4};

    explicit keep_alive_limit(nanoseconds ceiling) noexcept;

    struct idle_limits {
        nanoseconds any{};
        /// For a request that must not be repeated: half of what the peer says or of what was learned, and half of what
        /// a response has proved, since a connection that is still there need not lead anywhere any more.
        nanoseconds careful{};
    };
    /// @param margin The part of the peer's promise that is not ours to use, because its clock starts before ours.
    [[nodiscard]] idle_limits limits(nanoseconds margin) const noexcept;

    /// A response came with this `Keep-Alive: timeout`. Another one than before: what was learned is forgotten.
    void hear(std::optional<std::chrono::seconds> hint) noexcept;
    /// A response came on a connection that had been idle so long.
    void prove(nanoseconds idle) noexcept;
    /// A connection was idle for as long as it might be, and was still there.
    void outlive(nanoseconds idle) noexcept;
    /// The peer closed an idle connection.
    void see_closed(nanoseconds idle, nanoseconds margin) noexcept;
    /// A request met a connection that was no longer there.
    void find_dead(nanoseconds idle) noexcept;

private:
    /// Of connections that reach the limit before it is exceeded again: after one was closed, which costs nothing, and
    /// at most, after several times that one was found to be dead, which costs a call its time.
    static constexpr unsigned least_patience = 8;
    static constexpr unsigned most_patience = 512;

    /// What was proved at a longer time is no longer true: the peer or the way to it has changed.
    [[nodiscard]] bool contradicts(nanoseconds idle) noexcept;

    nanoseconds ceiling_;
    std::optional<std::chrono::seconds> hint_;
    nanoseconds limit_;
    nanoseconds proved_{};
    unsigned patience_ = least_patience;
    unsigned until_longer_ = 1;
};

} // namespace sipher::detail
