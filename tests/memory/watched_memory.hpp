#pragma once

#include <cstddef>
#include <string_view>

namespace sipher::test {

/// What this program's `operator new` and OpenSSL have handed out, but for what was taken during an `allocation_truce`.
struct watched_memory {
    static inline std::size_t held = 0;
    /// The most that was held at a time since it was last set.
    static inline std::size_t peak = 0;
    /// A secret to look for in memory that is given back; empty: none.
    static inline std::string_view secret;
    /// How often it was found.
    static inline std::size_t found = 0;
};

} // namespace sipher::test
