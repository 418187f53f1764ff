// To be preloaded into any program: counts what it asks of the heap and what it holds, in a file that others can read
// while it runs. So all clients are counted in the same way, whatever they are made with. `operator new` and what
// OpenSSL has of its own end here too.
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
// glibc's own names of what is replaced here.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);
}

namespace {

/// The layout of the file.
struct counters {
    std::atomic<std::uint64_t> allocations;
    /// Those of them that OpenSSL made.
    std::atomic<std::uint64_t> by_openssl;
    std::atomic<std::int64_t> bytes_held;
};

counters* counted = nullptr;
/// Where the code is that OpenSSL allocates with.
std::uintptr_t openssl_begin = 0;
std::uintptr_t openssl_end = 0;

int find_openssl(dl_phdr_info* library, std::size_t, void*)
{
    if (std::strstr(library->dlpi_name, "libcrypto") == nullptr) {
        return 0;
    }
    for (int i = 0; i < library->dlpi_phnum; ++i) {
        const auto& segment = library->dlpi_phdr[i];
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0) {
            openssl_begin = library->dlpi_addr + segment.p_vaddr;
            openssl_end = openssl_begin + segment.p_memsz;
        }
    }
    return 1;
}

[[gnu::constructor]] void open_file()
{
    dl_iterate_phdr(find_openssl, nullptr);
    const char* const path = std::getenv("BENCH_ALLOCATIONS_FILE");
    const int file = path != nullptr ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) {
        return;
    }
    void* const shared = mmap(nullptr, sizeof(counters), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared != MAP_FAILED) {
        counted = static_cast<counters*>(shared);
    }
}

bool is_openssl(void* caller)
{
    const auto address = reinterpret_cast<std::uintptr_t>(caller);
    return address >= openssl_begin && address < openssl_end;
}

void hold(void* memory, int sign)
{
    if (memory != nullptr && counted != nullptr) {
        const auto size = static_cast<std::int64_t>(malloc_usable_size(memory));
        counted->bytes_held.fetch_add(sign * size, std::memory_order_relaxed);
    }
}

void* count(void* made, void* caller)
{
    if (made != nullptr && counted != nullptr) {
        counted->allocations.fetch_add(1, std::memory_order_relaxed);
        counted->by_openssl.fetch_add(is_openssl(caller) ? 1 : 0, std::memory_order_relaxed);
        hold(made, 1);
    }
    return made;
}

} // namespace

#define BENCH_REPLACES extern "C" [[gnu::visibility("default")]]

BENCH_REPLACES void* malloc(std::size_t size)
{
    return count(__libc_malloc(size), __builtin_return_address(0));
}

BENCH_REPLACES void* calloc(std::size_t number, std::size_t size)
{
    return count(__libc_calloc(number, size), __builtin_return_address(0));
}

BENCH_REPLACES void* realloc(void* old, std::size_t size)
{
    // A failure leaves the old memory as it is, and is not expected here.
    hold(old, -1);
    return count(__libc_realloc(old, size), __builtin_return_address(0));
}

BENCH_REPLACES void* memalign(std::size_t alignment, std::size_t size)
{
    return count(__libc_memalign(alignment, size), __builtin_return_address(0));
}

BENCH_REPLACES void* aligned_alloc(std::size_t alignment, std::size_t size)
{
    return count(__libc_memalign(alignment, size), __builtin_return_address(0));
}

BENCH_REPLACES int posix_memalign(void** made, std::size_t alignment, std::size_t size)
{
    *made = count(__libc_memalign(alignment, size), __builtin_return_address(0));
    return *made != nullptr ? 0 : ENOMEM;
}

BENCH_REPLACES void free(void* memory)
{
    hold(memory, -1);
    __libc_free(memory);
}
