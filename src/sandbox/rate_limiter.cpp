#include "sandbox/rate_limiter.hpp"

namespace sipher::testing::detail {

rate_verdict rate_limiter::count(const std::string& client, clock::time_point now)
{
    rate_verdict verdict;
    if (limit_ == 0) {
        return verdict;
    }
    window_state& state = clients_[client];
    if (now >= state.end) {
        state.end = now + window_;
        state.used = 0;
    }
    verdict.allowed = state.used < limit_;
    state.used += verdict.allowed ? 1 : 0;
    verdict.remaining = limit_ - state.used;
    verdict.reset = std::chrono::ceil<std::chrono::seconds>(state.end - now);
    return verdict;
}

} // namespace sipher::testing::detail
