#include "memory/watched_memory.hpp"

#include "support/allocation_faults.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace sipher::test {
namespace {

/// Before each block: how much of it is watched, and its size.
struct block {
    std::size_t watched;
    std::size_t size;
};
static_assert(sizeof(block) % alignof(std::max_align_t) == 0);

void* take(std::size_t size) noexcept
{
    auto* const taken = static_cast<block*>(std::malloc(sizeof(block) + size));
    if (taken == nullptr) {
        return nullptr;
    }
    *taken = {allocation_faults::truces == 0 ? size : 0, size};
    watched_memory::held += taken->watched;
    watched_memory::peak = std::max(watched_memory::peak, watched_memory::held);
    // What somebody else has left there is not looked for.
    std::memset(taken + 1, 0, taken->watched);
    return taken + 1;
}

void give_back(void* memory) noexcept
{
    if (memory == nullptr) {
        return;
    }
    block* const given = static_cast<block*>(memory) - 1;
    watched_memory::held -= given->watched;
    const std::string_view secret = watched_memory::secret;
    if (!secret.empty() && ::memmem(memory, given->watched, secret.data(), secret.size()) != nullptr) {
        ++watched_memory::found;
    }
    std::free(given);
}

void* take_for_openssl(std::size_t size, const char*, int)
{
    return take(size);
}

void* take_more_for_openssl(void* memory, std::size_t size, const char*, int)
{
    void* const larger = take(size);
    if (larger != nullptr && memory != nullptr) {
        std::memcpy(larger, memory, std::min(size, (static_cast<block*>(memory) - 1)->size));
        give_back(memory);
    }
    return larger;
}

void give_back_of_openssl(void* memory, const char*, int)
{
    give_back(memory);
}

/// Before OpenSSL takes any.
const int set_for_openssl = CRYPTO_set_mem_functions(take_for_openssl, take_more_for_openssl, give_back_of_openssl);

} // namespace
} // namespace sipher::test

// All other forms of `operator new` come down to this one, but for those with an alignment of their own.

void* operator new(std::size_t size)
{
    if (void* const memory = sipher::test::take(size)) {
        return memory;
    }
    throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept
{
    sipher::test::give_back(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    sipher::test::give_back(memory);
}
