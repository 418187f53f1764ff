#pragma once

#include <openssl/crypto.h>

#include <string>

namespace sipher::detail {

/// Overwrites all memory of `text`, also what earlier and longer texts have left behind its end, and empties it.
inline void wipe(std::string& text) noexcept
{
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

} // namespace sipher::detail
