#include "support/allocation_faults.hpp"

#include <cstdlib>
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
