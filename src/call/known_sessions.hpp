#pragma once

#include <sipher/clock.hpp>
#include <sipher/session_id.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

namespace sipher::detail {

/// The remaining life of a session when the service made a response about it.
struct session_life {
    session_id id;
    std::chrono::milliseconds left;
};

/// The client's knowledge of sessions: when they expire, and which are gone already. Only this table refuses a request;
/// a session not in it is left to the service.
///
/// An expiry is the latest that the service's own timestamps in a single response allow: no clock of this machine is
/// compared with the service's. An entry is kept for one day after it, the maximum lifetime of a session.
///
/// All times are those of `clock::boot_now`. Nothing here throws: out of memory, less is known.
///
/// Thread safety: all members may be called from any thread.
class known_sessions {
public:
    using time_point = clock::time_point;

    /// A response of the service to a request sent at `sent` contains the session.
    void learn(const session_life& life, time_point sent, time_point received) noexcept;
    /// The service has reported it unknown, or has deleted it without saying so in full.
    void mark_gone(const session_id& id, time_point now) noexcept;
    /// It was deleted, which is final.
    void remove(const session_id& id, time_point now) noexcept;

    /// Why it must not be used; empty if no reason is known.
    [[nodiscard]] std::string_view why_gone(const session_id& id, time_point now) const;
    [[nodiscard]] bool is_gone(const session_id& id, time_point now) const { return !why_gone(id, now).empty(); }
    [[nodiscard]] std::optional<time_point> end_of(const session_id& id) const;

private:
    struct entry {
        time_point end = time_point::max();
        /// A response to a request sent later may still contain it.
        std::optional<time_point> gone_since;
    };

    void mark(const session_id& id, time_point since, time_point now) noexcept;
    entry& find_or_add(const session_id& id, time_point now);

    mutable std::mutex mutex_;
    /// (A map, because ids that are not random, as some services may make them, would all have the same hash.)
    std::map<session_id, entry> entries_;
    /// At this size, entries that expired long ago are dropped.
    std::size_t sweep_at_ = 1024;
};

} // namespace sipher::detail
