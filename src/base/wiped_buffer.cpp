#include "base/wiped_buffer.hpp"

#include "base/wipe.hpp"

#include <algorithm>

namespace sipher::detail {

namespace {

std::size_t next_capacity(std::size_t current, std::size_t needed, std::uint64_t most)
{
    constexpr std::uint64_t first = 1024;
    constexpr std::uint64_t usual = 64 * 1024;
    // A limit above this is not meant as a memory limit, and a peer need not send what it announces.
    constexpr std::uint64_t at_once = 64 * 1024 * 1024;
    const std::uint64_t step =
        needed > usual ? std::max(at_once, std::uint64_t{current} * 2) : std::max(first, std::uint64_t{current} * 2);
    return static_cast<std::size_t>(std::max<std::uint64_t>(needed, std::min(step, most)));
}

} // namespace

void wiped_buffer::keep_last(std::size_t count) noexcept
{
    const std::size_t dropped = size_ - count;
    if (dropped != 0) {
        std::copy_n(memory_.get() + dropped, count, memory_.get());
        wipe(memory_.get() + count, dropped);
        size_ = count;
    }
}

void wiped_buffer::release() noexcept
{
    clear();
    memory_.reset();
    capacity_ = 0;
}

void wiped_buffer::release_unusual() noexcept
{
    constexpr std::size_t usual = 16 * 1024;
    if (capacity_ > usual) {
        release();
    }
}

void wiped_buffer::grow(std::size_t needed, std::uint64_t most)
{
    const std::size_t larger = next_capacity(capacity_, needed, most);
    auto memory = std::make_unique_for_overwrite<char[]>(larger); // NOLINT(modernize-avoid-c-arrays)
    std::copy_n(memory_.get(), size_, memory.get());
    wipe(memory_.get(), size_);
    memory_ = std::move(memory);
    capacity_ = larger;
}

} // namespace sipher::detail
