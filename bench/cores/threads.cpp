#include "threads.hpp"

#include <pthread.h>

#include <atomic>

namespace {

std::atomic<std::uint64_t> contended{0};

} // namespace

// The linker puts the second in the place of the first (`--wrap`).
extern "C" int __real_pthread_mutex_lock(pthread_mutex_t* mutex);
extern "C" int __wrap_pthread_mutex_lock(pthread_mutex_t* mutex)
{
    if (pthread_mutex_trylock(mutex) == 0) {
        return 0;
    }
    contended.fetch_add(1, std::memory_order_relaxed);
    return __real_pthread_mutex_lock(mutex);
}

namespace bench {

std::uint64_t contended_locks()
{
    return contended.load(std::memory_order_relaxed);
}

const void* current_thread()
{
    static thread_local const char mark = 0;
    return &mark;
}

} // namespace bench
