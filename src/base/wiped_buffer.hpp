#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sipher::detail {

/// A buffer for possibly secret bytes: all memory that held them is overwritten. Emptying it keeps its memory.
class wiped_buffer {
public:
    wiped_buffer() = default;
    wiped_buffer(const wiped_buffer&) = delete;
    wiped_buffer& operator=(const wiped_buffer&) = delete;
    ~wiped_buffer() { clear(); }

    [[nodiscard]] std::string_view view() const noexcept { return {memory_.get(), size_}; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    void clear() noexcept { keep_last(0); }
    void keep_last(std::size_t count) noexcept;
    /// Empties it and frees its memory.
    void release() noexcept;
    /// The same, if that is more than an exchange usually needs.
    void release_unusual() noexcept;

    /// @param most The maximum final size. Beyond a few pages, all of it is allocated in one step, because each growth
    /// holds the content twice.
    void append(std::string_view bytes, std::uint64_t most)
    {
        if (bytes.size() > capacity_ - size_) {
            grow(size_ + bytes.size(), most);
        }
        std::copy(bytes.begin(), bytes.end(), memory_.get() + size_);
        size_ += bytes.size();
    }

private:
    void grow(std::size_t needed, std::uint64_t most);

    std::unique_ptr<char[]> memory_; // NOLINT(modernize-avoid-c-arrays): of a size that is known late
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

} // namespace sipher::detail
