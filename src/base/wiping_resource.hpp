// Memory for JSON values that contain secrets.
#pragma once

#include "base/wipe.hpp"

#include <boost/container/pmr/memory_resource.hpp>

#include <cstddef>
#include <new>

namespace sipher::detail {

/// Overwrites memory on deallocation.
class wiping_resource final : public boost::container::pmr::memory_resource {
private:
    void* do_allocate(std::size_t size, std::size_t alignment) override
    {
        return ::operator new (size, std::align_val_t{alignment});
    }
    void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override
    {
        wipe(memory, size);
        ::operator delete (memory, std::align_val_t{alignment});
    }
    [[nodiscard]] bool do_is_equal(const boost::container::pmr::memory_resource& other) const noexcept override
    {
        return this == &other;
    }
};

} // namespace sipher::detail
