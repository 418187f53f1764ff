// Overwrites memory that held a secret.
#pragma once

#include <string.h> // NOLINT(modernize-deprecated-headers): `explicit_bzero` is in no other

#include <cstddef>
#include <string>

namespace sipher::detail {

inline void wipe(void* memory, std::size_t size) noexcept
{
    if (size != 0) { // A null pointer is not allowed even for size 0.
        // Never optimized away, and fast.
        explicit_bzero(memory, size);
    }
}

/// Overwrites all memory of `text`, including remains of longer texts beyond its end, and empties it.
inline void wipe(std::string& text) noexcept
{
    text.resize(text.capacity());
    wipe(text.data(), text.size());
    text.clear();
}

} // namespace sipher::detail
