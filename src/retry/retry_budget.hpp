#pragma once

#include <algorithm>
#include <mutex>

namespace sipher::detail {

/// Tokens shared by all calls of a client: retries cost tokens, calls that succeed at the first attempt earn one, and
/// calls that succeed later get theirs back. When most calls fail, the tokens run out, and the service is spared the
/// retries.
class retry_budget {
public:
    /// @param capacity Zero: unlimited.
    explicit retry_budget(unsigned capacity) : capacity_(capacity), tokens_(capacity) {}

    /// False: not enough tokens are left.
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
