#pragma once

#include <atomic>
#include <cstdint>
#include <random>

namespace sipher::detail {

/// A client's own source of random numbers, so that clients started together do not act in lockstep.
///
/// Thread safety: all members may be called from any thread.
class random_source {
public:
    /// @param seed Zero: a random seed.
    explicit random_source(std::uint64_t seed) : state_(seed != 0 ? seed : random_seed()) {}

    /// Uniform in [0, 1).
    [[nodiscard]] double unit() noexcept
    {
        // With the upper 53 bits, all representable multiples of 2^-53 are equally likely, on every platform.
        return static_cast<double>(bits() >> 11U) * 0x1.0p-53;
    }

    /// The generator SplitMix64 (Steele, Lea, Flood 2014): its state is a counter, so threads can share it.
    [[nodiscard]] std::uint64_t bits() noexcept
    {
        constexpr std::uint64_t step = 0x9E3779B97F4A7C15U;
        std::uint64_t mixed = state_.fetch_add(step, std::memory_order_relaxed) + step;
        mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
        return mixed ^ (mixed >> 31U);
    }

private:
    static std::uint64_t random_seed()
    {
        std::random_device device;
        return (std::uint64_t{device()} << 32U) | device();
    }

    std::atomic<std::uint64_t> state_;
};

} // namespace sipher::detail
