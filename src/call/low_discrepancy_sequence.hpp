#pragma once

#include <atomic>
#include <cmath>
#include <cstdint>

namespace sipher::detail {

/// Fractions in [0, 1) that are evenly spaced, however many are drawn: work started together does not come due
/// together. Random fractions would be even only on average.
class low_discrepancy_sequence {
public:
    /// @param first Random in [0, 1), so that two clients differ.
    explicit low_discrepancy_sequence(double first) : first_(first) {}

    [[nodiscard]] double next() noexcept
    {
        // Multiples of the golden ratio fall into the largest remaining gap.
        constexpr double golden_ratio = 0.618033988749894848;
        const double along = first_ + golden_ratio * static_cast<double>(drawn_.fetch_add(1));
        return along - std::floor(along);
    }

private:
    const double first_;
    std::atomic<std::uint32_t> drawn_ = 0;
};

} // namespace sipher::detail
