// The elements of structured fields of HTTP (RFC 9651, 4.2).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sipher::detail {

/// A bare item of a structured field.
struct structured_item {
    enum class type { integer, decimal, string, token, bytes, boolean, date, display_string, inner_list };

    type kind = type::boolean;
    /// The value of an integer or date, a decimal in thousandths, or 0 or 1 for a boolean.
    std::int64_t number = 1;
    /// The raw text of a string, token, display string or byte sequence, between its delimiters.
    std::string_view text;
};

/// Parses a field's text from its start. A step that does not match returns empty or false.
class structured_text {
public:
    explicit structured_text(std::string_view text) noexcept : rest_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
    [[nodiscard]] char next() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
    bool take(char expected) noexcept;
    void skip(std::string_view characters) noexcept;

    [[nodiscard]] std::optional<std::string_view> key();
    [[nodiscard]] std::optional<structured_item> bare_item();

private:
    template <class Condition>
    std::string_view take_while(Condition belongs);
    [[nodiscard]] std::optional<structured_item> number();
    [[nodiscard]] std::optional<structured_item> string();
    [[nodiscard]] std::optional<structured_item> bytes();
    [[nodiscard]] std::optional<structured_item> boolean();
    [[nodiscard]] std::optional<structured_item> date();
    [[nodiscard]] std::optional<structured_item> display_string();

    std::string_view rest_;
};

} // namespace sipher::detail
