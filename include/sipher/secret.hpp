#pragma once

#include <sipher/config.hpp>

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace sipher {

namespace detail {

/// Wipes a text before its memory is freed.
struct SIPHER_API wiping_delete {
    void operator()(char* text) const noexcept;

    std::size_t size = 0;
};

} // namespace detail

/// Confidential text: an API key, a viewing key, a proxy password.
///
/// It is never printed (`os << secret` writes `[secret]`), its memory is wiped before it is freed, and the text itself
/// is accessible only through `reveal()`.
///
/// Thread safety: distinct objects are independent; a shared object may be read from many threads.
class SIPHER_API secret {
public:
    secret() noexcept = default;
    // Not explicit: literals should convert.
    secret(std::string_view text);                                      // NOLINT(google-explicit-constructor)
    secret(const char* text) : secret(std::string_view{text}) {}        // NOLINT(google-explicit-constructor)
    secret(const std::string& text) : secret(std::string_view{text}) {} // NOLINT(google-explicit-constructor)
    secret(const secret& other) : secret(other.reveal()) {}
    secret(secret&&) noexcept = default;
    secret& operator=(const secret& other) { return *this = secret{other}; }
    secret& operator=(secret&&) noexcept = default;
    ~secret() = default;

    /// The text itself, valid until this object is assigned or destroyed.
    [[nodiscard]] std::string_view reveal() const noexcept { return {text_.get(), size()}; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// Compares in time that depends only on the lengths.
    SIPHER_API friend bool operator==(const secret& left, const secret& right) noexcept;
    SIPHER_API friend std::ostream& operator<<(std::ostream& os, const secret& value);

private:
    [[nodiscard]] std::size_t size() const noexcept { return text_ ? text_.get_deleter().size : 0; }

    std::unique_ptr<char[], detail::wiping_delete> text_;
};

} // namespace sipher
