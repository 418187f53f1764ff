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

/// How much of its life a session had left when the service made a response about it.
struct session_life {
    session_id id;
    std::chrono::milliseconds left;
};

/// What is known of sessions: when they end, and which are gone already. Only that is a reason not to use one; of a
/// session that is not known here the service is asked.
///
/// An end is the latest moment that the service's own stamps, taken from one and the same response, allow for: no clock
/// of this machine is compared with one of the service's. It is kept for a day after it, the longest that any session
/// lives.
///
/// All times are those of `clock::boot_now`. Nothing here throws: without memory, less is known.
///
/// Thread safety: all members may be called from any thread.
class known_sessions {
public:
    using time_point = clock::time_point;

    /// A response of the service's to a request that was sent at `sent` has the session.
    void learn(const session_life& life, time_point sent, time_point received) noexcept;
    /// The service has said that it does not know it.
    void mark_gone(const session_id& id, time_point now) noexcept;
    /// It was deleted, which nothing undoes.
    void remove(const session_id& id, time_point now) noexcept;

    /// Why it is not to be used; empty if nothing is known against it.
    [[nodiscard]] std::string_view why_gone(const session_id& id, time_point now) const;
    [[nodiscard]] bool is_gone(const session_id& id, time_point now) const { return !why_gone(id, now).empty(); }
    [[nodiscard]] std::optional<time_point> end_of(const session_id& id) const;

private:
    struct entry {
        time_point end = time_point::max();
        /// A response to a request that was sent later may still have it.
        std::optional<time_point> gone_since;
    };

    void mark(const session_id& id, time_point since, time_point now) noexcept;
    entry& find_or_add(const session_id& id, time_point now);

    mutable std::mutex mutex_;
    /// (Ids that are not random, as some service may make them, would all have one hash.)
    std::map<session_id, entry> entries_;
    /// When there are so many, those that ended long ago are dropped.
    std::size_t sweep_at_ = 1024;
};

} // namespace sipher::detail
