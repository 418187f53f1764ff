#pragma once

#include <algorithm>
#include <mutex>

namespace sipher::detail {

/// Tokens that all calls of a client share: retries cost, calls that succeed at once earn. When most calls fail
/// the tokens are soon gone, and the service is spared the retries.
class retry_budget {
public:
    /// @param capacity Zero: unlimited.
    explicit retry_budget(unsigned capacity) : capacity_(capacity), tokens_(capacity) {}

    /// False: there are not enough left.
    [[nodiscard]] bool withdraw(unsigned cost)
    {
        if (capacity_ == 0) {
            return true;
        }
        const std::lock_guard lock{mutex_};
        if (tokens_ < cost) {
            return false;
        }
        tokens_ -= cost;
        return true;
    }

    void deposit(unsigned tokens)
    {
        if (capacity_ == 0) {
            return;
        }
        const std::lock_guard lock{mutex_};
        tokens_ += std::min(tokens, capacity_ - tokens_);
    }

private:
    const unsigned capacity_;
    std::mutex mutex_;
    unsigned tokens_;
};

} // namespace sipher::detail
