#pragma once

#include "net/name_lookup.hpp"

#include <sipher/clock.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace sipher::detail {

/// Remembers what names stand for, and asks once for all who ask at the same time.
///
/// The two families of addresses are asked for side by side, so that a name server that is slow with one of them does
/// not hold up the other.
///
/// Addresses are kept for 30 s, so that a burst of connections costs one question, or for 2 s if they are no good, and
/// the absence of a name for 2 s; a failure that may pass is not kept, so that a server that comes back is found at
/// once.
///
/// Thread safety: all members may be called from any thread.
class name_cache : public std::enable_shared_from_this<name_cache> {
public:
    using listener = std::function<void(const lookup_result&)>;

    name_cache(std::unique_ptr<name_lookup> source, std::shared_ptr<clock> time)
        : source_(std::move(source)), time_(std::move(time))
    {
    }

    /// Passes to `callback` all that is known whenever addresses come, and a last time, with `complete`, at the end: at
    /// once, from within this call, if it is known; on the thread that brings it otherwise. It is not called any more
    /// once what is returned is destroyed; the question goes on for others.
    [[nodiscard]] std::shared_ptr<listener> resolve(const std::string& host, listener callback);

    /// None of the name's addresses was any good: the next one asks again, unless it would have the same result
    /// because the last one is so new.
    void forget(const std::string& host);

    /// Tells nobody any more. When it returns, no listener runs.
    void abandon() noexcept;

private:
    struct entry {
        /// Families that are being asked for.
        unsigned missing = 0;
        lookup_result known;
        clock::time_point known_since;
        clock::time_point valid_until = clock::time_point::min();
        std::vector<std::weak_ptr<listener>> listeners;
    };

    void ask(const std::string& host, address_family family) noexcept;
    void on_lookup_done(const std::string& host, const lookup_result& found) noexcept;
    static void notify(const std::weak_ptr<listener>& target, const lookup_result& known) noexcept;

    const std::unique_ptr<name_lookup> source_;
    const std::shared_ptr<clock> time_;
    std::mutex mutex_;
    bool abandoned_ = false;
    std::map<std::string, entry> entries_;
};

} // namespace sipher::detail
