#pragma once

#include <cstddef>

namespace sipher::test {

/// Simulates running out of memory: the chosen allocation of this thread fails, once. Takes effect only in a program
/// whose `operator new` and `aligned_alloc` call `allocation_fails()`.
struct allocation_faults {
    /// Zero: none fails.
    static inline thread_local std::size_t left = 0;
    /// More than zero: test code outside the library is running, whose allocations are not tested.
    static inline thread_local int truces = 0;
    /// The largest single allocation of Asio, such as a coroutine's frame.
    static inline thread_local std::size_t largest_of_asio = 0;

    [[nodiscard]] static bool allocation_fails() noexcept { return truces == 0 && left != 0 && --left == 0; }
};

/// During its lifetime, no allocation of this thread fails or counts.
struct allocation_truce {
    allocation_truce() noexcept { ++allocation_faults::truces; }
    ~allocation_truce() { --allocation_faults::truces; }
    allocation_truce(const allocation_truce&) = delete;
    allocation_truce& operator=(const allocation_truce&) = delete;
};

} // namespace sipher::test
