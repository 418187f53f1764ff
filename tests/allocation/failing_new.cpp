#include "support/allocation_faults.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <malloc.h>
#include <new>

// All other forms of `operator new` come down to this one.

void* operator new(std::size_t size)
{
    if (!sipher::test::allocation_faults::allocation_fails()) {
        if (void* const memory = std::malloc(size != 0 ? size : 1)) {
            return memory;
        }
    }
    throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

// Asio's handlers and coroutine frames come from here. Unless sanitizers are on, it keeps the memory of small ones for
// the next, and only what is not kept can fail.

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    using sipher::test::allocation_faults;
    allocation_faults::largest_of_asio = std::max(allocation_faults::largest_of_asio, size);
    return allocation_faults::allocation_fails() ? nullptr : ::memalign(alignment, size);
}
