#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sipher::detail {

/// Bytes that may be secret: wherever they have been, they are overwritten. It keeps its memory when it is emptied.
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
    /// Empties it and gives its memory back.
    void release() noexcept;
    /// The same, if that is more than an exchange usually needs.
    void release_unusual() noexcept;

    /// @param most The size that it will have at most. What is larger than a few pages takes that much in one step: a
    /// buffer that grows in several holds its content twice each time.
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
