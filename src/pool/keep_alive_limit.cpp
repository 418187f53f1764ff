#include "pool/keep_alive_limit.hpp"

#include <algorithm>

namespace sipher::detail {

keep_alive_limit::keep_alive_limit(nanoseconds ceiling) noexcept
    : ceiling_(ceiling), limit_(std::min<nanoseconds>(ceiling, at_first))
{
}

keep_alive_limit::idle_limits keep_alive_limit::limits(nanoseconds margin) const noexcept
{
    const nanoseconds proved = std::max<nanoseconds>(proved_, at_first);
    if (!hint_) {
        return {limit_, std::min(limit_, proved) / 2};
    }
    const nanoseconds promised = std::min<std::chrono::seconds>(*hint_, std::chrono::hours{24});
    const nanoseconds any = std::min(limit_, promised - margin);
    return {any, std::min({any, promised / 2, std::max<nanoseconds>(proved / 2, at_first)})};
}

void keep_alive_limit::hear(std::optional<std::chrono::seconds> hint) noexcept
{
    if (hint != hint_) {
        *this = keep_alive_limit{ceiling_};
        hint_ = hint;
        limit_ = hint ? ceiling_ : limit_;
    }
}

void keep_alive_limit::prove(nanoseconds idle) noexcept
{
    proved_ = std::max(proved_, idle);
}

void keep_alive_limit::outlive(nanoseconds idle) noexcept
{
    if (idle >= limit_ && --until_longer_ == 0) {
        limit_ = std::min(ceiling_, 2 * limit_);
        until_longer_ = 1;
    }
}

void keep_alive_limit::see_closed(nanoseconds idle, nanoseconds margin) noexcept
{
    // Kept above zero so that it can grow again.
    constexpr std::chrono::milliseconds shortest{250};
    if (hint_) {
        return;
    }
    if (contradicts(idle)) {
        patience_ = least_patience;
    }
    limit_ = std::min(ceiling_, std::max<nanoseconds>({idle - margin, idle / 2, shortest}));
    until_longer_ = patience_;
}

void keep_alive_limit::find_dead(nanoseconds idle) noexcept
{
    const bool changed = contradicts(idle);
    // No middlebox drops connections sooner than that; a slow service or a network change looks the same.
    const nanoseconds below = std::max<nanoseconds>(idle / 2, at_first);
    if (below < limit_) {
        limit_ = below;
        patience_ = changed ? least_patience : std::min(8 * patience_, most_patience);
        until_longer_ = patience_;
    }
}

bool keep_alive_limit::contradicts(nanoseconds idle) noexcept
{
    const bool changed = idle < proved_;
    proved_ = changed ? nanoseconds::zero() : proved_;
    return changed;
}

} // namespace sipher::detail
