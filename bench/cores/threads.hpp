#pragma once

#include <cstdint>

namespace bench {

/// How often a thread found a mutex locked by another one. Counts the mutexes of this program, the library and Asio,
/// not those of shared libraries such as OpenSSL, and not what a thread that waits for a condition locks again.
std::uint64_t contended_locks();

/// An address that differs between threads. Never inlined: the compiler believes that a coroutine stays on its thread.
const void* current_thread();

} // namespace bench
