#include "call/known_sessions.hpp"

#include <algorithm>
#include <new>

namespace sipher::detail {

namespace {

using namespace std::chrono_literals;

/// The maximum lifetime of a session.
constexpr std::chrono::hours longest_life{24};

} // namespace

void known_sessions::learn(const session_life& life, time_point sent, time_point received) noexcept
try {
    // Clamped so that any value from a service fits into nanoseconds.
    const std::chrono::nanoseconds left = std::clamp<std::chrono::milliseconds>(life.left, 0s, 24h * 365);
    const std::lock_guard lock{mutex_};
    entry& known = find_or_add(life.id, received);
    if (known.gone_since && sent <= *known.gone_since) {
        // The session was read before it was gone; the response was slow.
        return;
    }
    known.gone_since.reset();
    // It expires between `sent + left` and `received + left`. An earlier, more precise bound is kept.
    const bool contradicts = known.end < sent + left;
    known.end = contradicts ? received + left : std::min(known.end, received + left);
} catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
}

void known_sessions::mark_gone(const session_id& id, time_point now) noexcept
{
    mark(id, now, now);
}

void known_sessions::remove(const session_id& id, time_point now) noexcept
{
    mark(id, time_point::max(), now);
}

void known_sessions::mark(const session_id& id, time_point since, time_point now) noexcept
try {
    const std::lock_guard lock{mutex_};
    entry& known = find_or_add(id, now);
    known.end = std::min(known.end, now + longest_life);
    known.gone_since = std::max(since, known.gone_since.value_or(since));
} catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
}

std::string_view known_sessions::why_gone(const session_id& id, time_point now) const
{
    const std::lock_guard lock{mutex_};
    const auto found = entries_.find(id);
    if (found == entries_.end()) {
        return {};
    }
    if (found->second.gone_since) {
        return "the session to run under was deleted, or the service did not know it";
    }
    return found->second.end <= now ? "the session to run under has expired" : std::string_view{};
}

std::optional<known_sessions::time_point> known_sessions::end_of(const session_id& id) const
{
    const std::lock_guard lock{mutex_};
    const auto found = entries_.find(id);
    return found == entries_.end() ? std::nullopt : std::optional{found->second.end};
}

known_sessions::entry& known_sessions::find_or_add(const session_id& id, time_point now)
{
    if (entries_.size() >= sweep_at_) {
        std::erase_if(entries_, [now](const auto& each) { return each.second.end <= now - longest_life; });
        sweep_at_ = std::max(sweep_at_, 2 * entries_.size());
    }
    return entries_[id];
}

} // namespace sipher::detail
