#pragma once

#include <cstdint>

namespace bench {

/// How often a thread found a mutex locked by another one, in this program and the libraries that are linked into it
/// statically.
std::uint64_t contended_locks();

/// Something that no other thread is. A coroutine can be resumed on another thread, which the compiler does not see.
const void* current_thread();

} // namespace bench
