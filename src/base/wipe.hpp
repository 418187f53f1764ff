// Overwrites memory that held a secret.
#pragma once

#include <string.h> // NOLINT(modernize-deprecated-headers): `explicit_bzero` is in no other

#include <cstddef>
#include <string>

namespace sipher::detail {

inline void wipe(void* memory, std::size_t size) noexcept
{
    if (size != 0) { // Not even a null pointer may be given for nothing.
        // Not optimized away, and many bytes at a time.
        explicit_bzero(memory, size);
    }
}

/// Overwrites all memory of `text`, also what earlier and longer texts have left behind its end, and empties it.
inline void wipe(std::string& text) noexcept
{
    text.resize(text.capacity());
    wipe(text.data(), text.size());
    text.clear();
}

} // namespace sipher::detail
