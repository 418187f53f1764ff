#pragma once

#include <sipher/session_id.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>
#include <unordered_set>

namespace sipher::detail {

/// Sessions that are known to be gone, or may be: deleted, or not found by the service. Of very many, the latest.
///
/// Thread safety: all members may be called from any thread.
class dead_sessions {
public:
    void add(const session_id& id)
    {
        const std::lock_guard lock{mutex_};
        if (!ids_.insert(id).second) {
            return;
        }
        order_.push_back(id);
        if (order_.size() > most_kept) {
            ids_.erase(order_.front());
            order_.pop_front();
        }
        count_.store(ids_.size(), std::memory_order_relaxed);
    }

    /// The service has answered with it.
    void remove(const session_id& id)
    {
        if (count_.load(std::memory_order_relaxed) == 0) {
            return;
        }
        const std::lock_guard lock{mutex_};
        if (ids_.erase(id) != 0) {
            std::erase(order_, id);
            count_.store(ids_.size(), std::memory_order_relaxed);
        }
    }

    [[nodiscard]] bool contains(const session_id& id) const
    {
        if (count_.load(std::memory_order_relaxed) == 0) {
            return false;
        }
        const std::lock_guard lock{mutex_};
        return ids_.contains(id);
    }

private:
    static constexpr std::size_t most_kept = 4096;

    mutable std::mutex mutex_;
    std::unordered_set<session_id> ids_;
    std::deque<session_id> order_;
    std::atomic<std::size_t> count_ = 0;
};

} // namespace sipher::detail
