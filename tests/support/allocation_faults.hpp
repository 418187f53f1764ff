#pragma once

#include <cstddef>

namespace sipher::test {

/// Memory that runs out: of the allocations of this thread, the chosen one fails, once. Only a program whose
/// `operator new` and `aligned_alloc` ask `allocation_fails()` feels it.
struct allocation_faults {
    /// Zero: none fails.
    static inline thread_local std::size_t left = 0;
    /// More than zero: the scripted world outside the library is at work, whose memory is not in question.
    static inline thread_local int truces = 0;
    /// The most that Asio has asked for in one piece, such as a coroutine's frame.
    static inline thread_local std::size_t largest_of_asio = 0;

    [[nodiscard]] static bool allocation_fails() noexcept { return truces == 0 && left != 0 && --left == 0; }
};

/// No allocation of this thread fails, and none counts, as long as it lives.
struct allocation_truce {
    allocation_truce() noexcept { ++allocation_faults::truces; }
    ~allocation_truce() { --allocation_faults::truces; }
    allocation_truce(const allocation_truce&) = delete;
    allocation_truce& operator=(const allocation_truce&) = delete;
};

} // namespace sipher::test
