#pragma once

#include <atomic>
#include <cmath>
#include <cstdint>

namespace sipher::detail {

/// Fractions from [0, 1) that lie evenly, however many are drawn: what is begun together does not come due together.
/// Chance would do so only on the average.
class low_discrepancy_sequence {
public:
    /// @param first From [0, 1), by random, so that two clients differ.
    explicit low_discrepancy_sequence(double first) : first_(first) {}

    [[nodiscard]] double next() noexcept
    {
        // Multiples of the golden ratio fall into the largest gap that is left.
        constexpr double golden_ratio = 0.618033988749894848;
        const double along = first_ + golden_ratio * static_cast<double>(drawn_.fetch_add(1));
        return along - std::floor(along);
    }

private:
    const double first_;
    std::atomic<std::uint32_t> drawn_ = 0;
};

} // namespace sipher::detail
