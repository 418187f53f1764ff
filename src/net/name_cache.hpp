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

/// Caches name lookups, and shares one lookup between concurrent callers.
///
/// The two address families are looked up in parallel, so that a name server slow with one does not delay the other.
///
/// Addresses are cached for 30 s, so that a burst of connections costs one lookup, or for 2 s if none works; the
/// absence of a name for 2 s. Temporary failures are not cached, so that a recovered server is found at once.
///
/// Thread safety: all members may be called from any thread.
class name_cache : public std::enable_shared_from_this<name_cache> {
public:
    using listener = std::function<void(const lookup_result&)>;

    name_cache(std::unique_ptr<name_lookup> source, std::shared_ptr<clock> time)
        : source_(std::move(source)), time_(std::move(time))
    {
    }

    /// Passes all known addresses to `callback` whenever new ones arrive, and finally with `complete`: from within this
    /// call if already known, otherwise on the lookup's thread. Destroying the returned object stops the callbacks; the
    /// lookup continues for others.
    [[nodiscard]] std::shared_ptr<listener> resolve(const std::string& host, listener callback);

    /// None of the name's addresses worked: the next caller looks it up again, unless the last lookup is so recent that
    /// the result would be the same.
    void forget(const std::string& host);

    /// Stops all notifications. After its return, no listener runs.
    void abandon() noexcept;

private:
    struct entry {
        /// Pending lookups (one for each family).
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
