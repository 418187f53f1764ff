#include "ratelimit/day_limits.hpp"

#include <cstddef>
#include <cstdint>

namespace sipher::detail {

void day_limits::learn(quota_category category, const account& reported, clock::time_point now)
{
    if (reported.limit == 0) {
        return; // No quota.
    }
    rate_window::account whole;
    whole.limit = reported.limit;
    whole.remaining = reported.remaining;
    whole.reserve = static_cast<unsigned>(std::uint64_t{reported.limit} * rules_.reserve / 100);
    whole.length = std::chrono::days{1};
    whole.renewed_in = reported.renewed_in;
    auto& known = known_[static_cast<std::size_t>(category)];
    const std::lock_guard lock{mutex_};
    if (known.load() == nullptr) {
        const auto made =
            std::make_shared<rate_gate>(rate_gate_core::rules{true, rules_.paces}, random_, executor_, timers_);
        owned_[static_cast<std::size_t>(category)] = made;
        made->set(whole, now);
        if (refuses_waiting_) {
            made->refuse_waiting();
        }
        if (closed_) {
            made->close();
        }
        known.store(made.get(), std::memory_order_release);
        return;
    }
    known.load()->set(whole, now);
}

unsigned day_limits::reached_threshold(quota_category category, const rate_window::balance& now) noexcept
{
    if (now.limit == 0) {
        return 0;
    }
    const std::uint64_t used = now.limit - now.remaining;
    unsigned reached = 0;
    for (const unsigned each : rules_.thresholds) {
        reached = used * 100 >= std::uint64_t{now.limit} * each ? each : reached;
    }
    const unsigned before = announced_[static_cast<std::size_t>(category)].exchange(reached);
    return reached > before ? reached : 0;
}

void day_limits::close() noexcept
{
    const std::lock_guard lock{mutex_};
    closed_ = true;
    for (const auto& each : owned_) {
        if (each) {
            each->close();
        }
    }
}

void day_limits::refuse_waiting() noexcept
{
    const std::lock_guard lock{mutex_};
    refuses_waiting_ = true;
    for (const auto& each : owned_) {
        if (each) {
            each->refuse_waiting();
        }
    }
}

} // namespace sipher::detail
