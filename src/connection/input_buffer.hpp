#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace sipher::detail {

/// Bytes that were read and not yet taken. Its memory is used again and again, without being written to in between.
class input_buffer {
public:
    /// Room for `size` more bytes, to be followed by `commit`.
    [[nodiscard]] char* prepare(std::size_t size)
    {
        if (memory_.size() - end_ < size) {
            memory_.erase(0, begin_);
            end_ -= begin_;
            begin_ = 0;
            if (memory_.size() - end_ < size) {
                memory_.resize(end_ + size);
            }
        }
        return memory_.data() + end_;
    }
    void commit(std::size_t size) noexcept { end_ += size; }

    [[nodiscard]] std::string_view data() const noexcept { return {memory_.data() + begin_, end_ - begin_}; }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

    void consume(std::size_t size) noexcept
    {
        begin_ += size;
        if (begin_ == end_) {
            clear();
        }
    }
    void clear() noexcept { begin_ = end_ = 0; }

    [[nodiscard]] std::size_t capacity() const noexcept { return memory_.capacity(); }
    void release() noexcept
    {
        OPENSSL_cleanse(memory_.data(), memory_.size());
        memory_ = {};
        clear();
    }

private:
    std::string memory_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace sipher::detail
