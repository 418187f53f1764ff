#pragma once

#include <cstdint>
#include <mutex>
#include <random>

namespace sipher::detail {

/// A client's own source of chance, so that clients started together do not act together.
class jitter {
public:
    /// @param seed Zero: a random one.
    explicit jitter(std::uint64_t seed) : engine_(seed != 0 ? seed : random_seed()) {}

    /// Evenly from [0, 1).
    [[nodiscard]] double unit()
    {
        // The upper 53 bits make every double of the range equally likely, the same ones on every platform.
        return static_cast<double>(bits() >> 11U) * 0x1.0p-53;
    }

    [[nodiscard]] std::uint64_t bits()
    {
        const std::lock_guard lock{mutex_};
        return engine_();
    }

private:
    static std::uint64_t random_seed()
    {
        std::random_device device;
        return (std::uint64_t{device()} << 32U) | device();
    }

    std::mutex mutex_;
    std::mt19937_64 engine_;
};

} // namespace sipher::detail
