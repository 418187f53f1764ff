#pragma once

#include <sipher/config.hpp>

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string_view>
#include <utility>

namespace sipher {

namespace detail {

/// A name that is either known to the library (a literal, never copied) or passed to it (owned).
class SIPHER_API open_name {
public:
    constexpr open_name() noexcept = default;
    constexpr open_name(const char* literal, std::size_t size) noexcept : text_(literal), size_(size) {}
    explicit open_name(std::string_view other);
    constexpr open_name(const open_name& other) : text_(other.text_), size_(other.size_)
    {
        if (other.owned_) {
            copy_text(other);
        }
    }
    constexpr open_name(open_name&& other) noexcept : text_(other.text_), size_(other.size_), owned_(other.owned_)
    {
        if (owned_) {
            other.text_ = "";
            other.size_ = 0;
            other.owned_ = false;
        }
    }
    constexpr open_name& operator=(open_name other) noexcept
    {
        swap(other);
        return *this;
    }
    constexpr ~open_name()
    {
        if (owned_) {
            delete[] text_;
        }
    }

    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_, size_}; }
    [[nodiscard]] constexpr bool owned() const noexcept { return owned_; }

private:
    void copy_text(const open_name& other);
    constexpr void swap(open_name& other) noexcept
    {
        std::swap(text_, other.text_);
        std::swap(size_, other.size_);
        std::swap(owned_, other.owned_);
    }

    const char* text_ = "";
    std::size_t size_ = 0;
    bool owned_ = false;
};

SIPHER_API std::ostream& write_name(std::ostream& os, std::string_view name);

} // namespace detail

/// The common part of `chain`, `privacy_level`, `rpc_provider` and `backend`: enumerations that the service may extend.
/// Each has named constants; a value unknown to this version is kept as received, compares by its text, and is written
/// back unchanged. Known values never allocate.
///
/// @tparam Derived the enumeration itself; it declares `names`, its known values.
template <class Derived>
class open_enumeration {
public:
    /// The value named `text`, known or not. Names are case-sensitive, as they are for the service.
    [[nodiscard]] static Derived from_name(std::string_view text)
    {
        for (const std::string_view each : Derived::names) {
            if (each == text) {
                return Derived{detail::open_name{each.data(), each.size()}};
            }
        }
        return Derived{detail::open_name{text}};
    }

    /// The API's text for this value.
    [[nodiscard]] constexpr std::string_view name() const noexcept { return name_.view(); }

    /// Whether this version of the library has a constant for the value.
    [[nodiscard]] constexpr bool is_known() const noexcept { return !name_.owned(); }

    friend constexpr bool operator==(const open_enumeration& left, const open_enumeration& right) noexcept
    {
        return left.name() == right.name();
    }
    friend constexpr std::strong_ordering operator<=>(const open_enumeration& left,
                                                      const open_enumeration& right) noexcept
    {
        return left.name() <=> right.name();
    }
    friend std::ostream& operator<<(std::ostream& os, const open_enumeration& value)
    {
        return detail::write_name(os, value.name());
    }

protected:
    /// The value of `names[index]`.
    static constexpr Derived known(std::size_t index) noexcept
    {
        const std::string_view name = Derived::names[index];
        return Derived{detail::open_name{name.data(), name.size()}};
    }

private:
    constexpr explicit open_enumeration(detail::open_name name) noexcept : name_(static_cast<detail::open_name&&>(name))
    {
    }

    detail::open_name name_;
};

} // namespace sipher

template <class Enumeration>
requires std::derived_from<Enumeration, sipher::open_enumeration<Enumeration>>
struct std::hash<Enumeration> {
    std::size_t operator()(const Enumeration& value) const noexcept
    {
        return std::hash<std::string_view>{}(value.name());
    }
};
