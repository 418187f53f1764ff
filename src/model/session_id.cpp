#include <sipher/session_id.hpp>

#include "options/validation.hpp"

#include <sipher/error_code.hpp>

#include <algorithm>
#include <ostream>

namespace sipher {

namespace {

constexpr std::string_view prefix = "sess_";
constexpr std::string_view digits = "0123456789abcdef";
constexpr std::size_t digits_of_short_form = 8;

constexpr std::uint8_t not_a_digit = 0xFF;

/// The value of each byte as a digit. The digits of an id are random, so branches on them would be mispredicted.
constexpr std::array<std::uint8_t, 256> digit_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(not_a_digit);
    for (std::size_t value = 0; value < digits.size(); ++value) {
        values[static_cast<unsigned char>(digits[value])] = static_cast<std::uint8_t>(value);
    }
    return values;
}();

constexpr unsigned digit_value(char digit) noexcept
{
    return digit_values[static_cast<unsigned char>(digit)];
}

} // namespace

session_id::session_id(std::string_view text)
{
    const auto parsed = parse(text);
    if (!parsed) {
        detail::throw_invalid("session id", "must be `sess_` and 64 lower-case hexadecimal digits");
    }
    bytes_ = parsed->bytes_;
}

boost::system::result<session_id> session_id::parse(std::string_view text) noexcept
{
    if (text.size() != text_size || !text.starts_with(prefix)) {
        return make_error_code(errc::invalid_request);
    }
    session_id id;
    unsigned seen = 0;
    for (std::size_t i = 0; i < id.bytes_.size(); ++i) {
        const unsigned high = digit_value(text[prefix.size() + 2 * i]);
        const unsigned low = digit_value(text[prefix.size() + 2 * i + 1]);
        seen |= high | low;
        id.bytes_[i] = static_cast<std::uint8_t>(high << 4U | low);
    }
    if (seen >= digits.size()) {
        return make_error_code(errc::invalid_request);
    }
    return id;
}

std::array<char, session_id::text_size> session_id::to_chars() const noexcept
{
    std::array<char, text_size> text{};
    auto next = std::copy(prefix.begin(), prefix.end(), text.begin());
    for (const std::uint8_t byte : bytes_) {
        *next++ = digits[byte >> 4U];
        *next++ = digits[byte & 0x0FU];
    }
    return text;
}

std::string session_id::to_string() const
{
    const auto text = to_chars();
    return {text.begin(), text.end()};
}

std::ostream& operator<<(std::ostream& os, const session_id& id)
{
    const auto text = id.to_chars();
    return os << std::string_view{text.data(), prefix.size() + digits_of_short_form} << "…";
}

} // namespace sipher
