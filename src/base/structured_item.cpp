#include "base/structured_item.hpp"

namespace sipher::detail {

namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

bool is_alpha(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool is_key_character(char c)
{
    return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
}

bool is_token_character(char c)
{
    constexpr std::string_view more = "!#$%&'*+-.^_`|~:/";
    return is_alpha(c) || is_digit(c) || more.find(c) != std::string_view::npos;
}

bool is_base64_character(char c)
{
    return is_alpha(c) || is_digit(c) || c == '+' || c == '/' || c == '=';
}

structured_item text_item(structured_item::type kind, std::string_view text)
{
    structured_item made;
    made.kind = kind;
    made.text = text;
    return made;
}

std::int64_t value_of(std::string_view digits)
{
    std::int64_t value = 0;
    for (const char digit : digits) {
        value = value * 10 + (digit - '0');
    }
    return value;
}

} // namespace

bool structured_text::take(char expected) noexcept
{
    const bool found = !rest_.empty() && rest_.front() == expected;
    rest_.remove_prefix(found ? 1 : 0);
    return found;
}

void structured_text::skip(std::string_view characters) noexcept
{
    rest_.remove_prefix(std::min(rest_.find_first_not_of(characters), rest_.size()));
}

/// The text before the first character that does not satisfy the condition.
template <class Condition>
std::string_view structured_text::take_while(Condition belongs)
{
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), belongs);
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
}

std::optional<std::string_view> structured_text::key()
{
    if (!is_lower(next()) && next() != '*') {
        return std::nullopt;
    }
    return take_while(is_key_character);
}

std::optional<structured_item> structured_text::bare_item()
{
    switch (next()) {
    case '"': return string();
    case ':': return bytes();
    case '?': return boolean();
    case '@': return date();
    case '%': return display_string();
    default: break;
    }
    if (is_digit(next()) || next() == '-') {
        return number();
    }
    if (is_alpha(next()) || next() == '*') {
        return text_item(structured_item::type::token, take_while(is_token_character));
    }
    return std::nullopt;
}

std::optional<structured_item> structured_text::number()
{
    constexpr std::size_t longest_integer = 15;
    constexpr std::size_t longest_whole = 12;
    const bool negative = take('-');
    const std::string_view whole = take_while(is_digit);
    if (whole.empty() || whole.size() > longest_integer) {
        return std::nullopt;
    }
    structured_item made;
    made.kind = structured_item::type::integer;
    made.number = value_of(whole);
    if (take('.')) {
        std::string_view thousandths = take_while(is_digit);
        if (whole.size() > longest_whole || thousandths.empty() || thousandths.size() > 3) {
            return std::nullopt;
        }
        made.kind = structured_item::type::decimal;
        made.number *= 1000;
        for (std::int64_t unit = 100; !thousandths.empty(); unit /= 10) {
            made.number += unit * (thousandths.front() - '0');
            thousandths.remove_prefix(1);
        }
    }
    made.number = negative ? -made.number : made.number;
    return made;
}

std::optional<structured_item> structured_text::string()
{
    rest_.remove_prefix(1);
    for (std::size_t i = 0; i < rest_.size(); ++i) {
        const char c = rest_[i];
        if (c == '"') {
            const std::string_view text = rest_.substr(0, i);
            rest_.remove_prefix(i + 1);
            return text_item(structured_item::type::string, text);
        }
        if (c < ' ' || c > '~') {
            return std::nullopt;
        }
        if (c == '\\') {
            ++i;
            if (i >= rest_.size() || (rest_[i] != '"' && rest_[i] != '\\')) {
                return std::nullopt;
            }
        }
    }
    return std::nullopt;
}

std::optional<structured_item> structured_text::bytes()
{
    rest_.remove_prefix(1);
    const std::string_view text = take_while(is_base64_character);
    return take(':') ? std::optional{text_item(structured_item::type::bytes, text)} : std::nullopt;
}

std::optional<structured_item> structured_text::boolean()
{
    rest_.remove_prefix(1);
    structured_item made;
    made.number = next() == '1' ? 1 : 0;
    return take('0') || take('1') ? std::optional{made} : std::nullopt;
}

std::optional<structured_item> structured_text::date()
{
    rest_.remove_prefix(1);
    auto made = number();
    if (!made || made->kind != structured_item::type::integer) {
        return std::nullopt;
    }
    made->kind = structured_item::type::date;
    return made;
}

/// Its escapes are checked for their form, not for valid UTF-8, because their content is not used.
std::optional<structured_item> structured_text::display_string()
{
    const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
    rest_.remove_prefix(1);
    if (!take('"')) {
        return std::nullopt;
    }
    const std::string_view start = rest_;
    for (;;) {
        take_while([](char c) { return c >= ' ' && c <= '~' && c != '%' && c != '"'; });
        if (take('"')) {
            const std::size_t size = start.size() - rest_.size() - 1;
            return text_item(structured_item::type::display_string, start.substr(0, size));
        }
        if (!take('%') || rest_.size() < 2 || !is_hex(rest_[0]) || !is_hex(rest_[1])) {
            return std::nullopt;
        }
        rest_.remove_prefix(2);
    }
}

} // namespace sipher::detail
