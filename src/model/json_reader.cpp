#include "model/json_reader.hpp"

#include "base/field_text.hpp"
#include "base/wipe.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <locale>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

namespace sipher::detail {

namespace {

namespace json = boost::json;
using boost::system::error_code;

/// The double nearest to a decimal number. Empty if it is not a number, or out of the range of a double.
std::optional<double> precise_double(const std::string& text)
{
#if defined(__cpp_lib_to_chars)
    return to_number<double>(text);
#else
    // libc++ reads no floating-point numbers with `from_chars`, and `strtod` depends on the locale.
    double value = 0;
    std::istringstream in{text};
    in.imbue(std::locale::classic());
    in >> value;
    const bool complete = !in.fail() && in.peek() == std::istringstream::traits_type::eof();
    return complete ? std::optional{value} : std::nullopt;
#endif
}

/// Builds a value from the events of Boost's parser. Boost.JSON 1.81 rounds some numbers of 17 digits to a neighbour of
/// the nearest double, so their text is parsed again.
class value_builder {
    using text = json::string_view;

public:
    static constexpr std::size_t max_object_size = json::object::max_size();
    static constexpr std::size_t max_array_size = json::array::max_size();
    static constexpr std::size_t max_key_size = json::string::max_size();
    static constexpr std::size_t max_string_size = json::string::max_size();

    explicit value_builder(json::storage_ptr storage) : stack_({}, memory_.bytes.data(), memory_.bytes.size())
    {
        stack_.reset(std::move(storage));
    }

    [[nodiscard]] json::value release() { return stack_.release(); }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code&) { return true; }
    bool on_object_end(std::size_t count, error_code&) { return push(&json::value_stack::push_object, count); }
    bool on_array_begin(error_code&) { return true; }
    bool on_array_end(std::size_t count, error_code&) { return push(&json::value_stack::push_array, count); }
    bool on_key_part(text part, std::size_t, error_code&) { return push(&json::value_stack::push_chars, part); }
    bool on_key(text last, std::size_t, error_code&) { return push(&json::value_stack::push_key, last); }
    bool on_string_part(text part, std::size_t, error_code&) { return push(&json::value_stack::push_chars, part); }
    bool on_string(text last, std::size_t, error_code&) { return push(&json::value_stack::push_string, last); }
    bool on_number_part(text part, error_code&)
    {
        digits_.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t value, text, error_code&) { return push_number(&json::value_stack::push_int64, value); }
    bool on_uint64(std::uint64_t value, text, error_code&)
    {
        return push_number(&json::value_stack::push_uint64, value);
    }
    bool on_double(double value, text last, error_code&)
    {
        digits_.append(last.data(), last.size());
        const double nearest = precise_double(digits_).value_or(value);
        return push_number(&json::value_stack::push_double, nearest);
    }
    bool on_bool(bool value, error_code&) { return push(&json::value_stack::push_bool, value); }
    bool on_null(error_code&) { return push(&json::value_stack::push_null); }
    bool on_comment_part(text, error_code&) { return true; }
    bool on_comment(text, error_code&) { return true; }

private:
    template <class... Arguments>
    bool push(void (json::value_stack::*push_one)(Arguments...), std::type_identity_t<Arguments>... arguments)
    {
        (stack_.*push_one)(arguments...);
        return true;
    }

    template <class Number>
    bool push_number(void (json::value_stack::*push_one)(Number), std::type_identity_t<Number> number)
    {
        digits_.clear();
        return push(push_one, number);
    }

    /// Overwritten after use as the parser's stack, because it contained short strings and parts of long ones.
    struct wiped_memory {
        ~wiped_memory() { wipe(bytes.data(), bytes.size()); }
        std::array<unsigned char, 2048> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
    };
    wiped_memory memory_;
    json::value_stack stack_;
    std::string digits_;
};

bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

bool is_hexadecimal(char letter)
{
    return is_digit(letter) || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
}

/// Rewrites input that other parsers accept but Boost's does not: lone surrogates, unbounded exponents and unbounded
/// nesting. Scans the text once, without recursion.
class mender {
public:
    explicit mender(std::string_view text) : rest_(text) { mended_.reserve(text.size()); }

    std::string mend()
    {
        while (!rest_.empty()) {
            const char next = rest_.front();
            if (next == '"') {
                take_string();
            } else if (next == '[' || next == '{') {
                open();
            } else if (next == ']' || next == '}') {
                close();
            } else if ((next == 'e' || next == 'E') && !mended_.empty() && is_digit(mended_.back())) {
                take_exponent();
            } else {
                take(1);
            }
        }
        return std::move(mended_);
    }

    [[nodiscard]] bool shortened() const noexcept { return shortened_; }

private:
    [[nodiscard]] bool is_too_deep() const noexcept { return depth_ > deepest_nesting; }

    void put(std::string_view text)
    {
        if (!is_too_deep()) {
            mended_.append(text);
        }
    }
    void take(std::size_t size)
    {
        put(rest_.substr(0, size));
        rest_.remove_prefix(size);
    }

    void open()
    {
        if (depth_ == deepest_nesting) {
            put("null");
            shortened_ = true;
        }
        ++depth_;
        take(1);
    }

    void close()
    {
        take(1);
        depth_ -= depth_ == 0 ? 0U : 1U;
    }

    void take_string()
    {
        take(1);
        while (!rest_.empty() && rest_.front() != '"') {
            if (rest_.front() != '\\') {
                take(1);
            } else if (const unsigned first = code_unit(0); first >= 0xD800U && first <= 0xDFFFU) {
                take_surrogate(first);
            } else {
                take(std::min<std::size_t>(2, rest_.size()));
            }
        }
        take(rest_.empty() ? 0 : 1);
    }

    /// All exponents beyond the range of doubles are equivalent.
    void take_exponent()
    {
        take(1);
        if (rest_.starts_with('-') || rest_.starts_with('+')) {
            take(1);
        }
        const std::size_t zeros = std::min(rest_.find_first_not_of('0'), rest_.size());
        rest_.remove_prefix(zeros);
        const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        constexpr std::string_view beyond = "9999";
        put(digits > beyond.size() ? beyond : digits == 0 && zeros != 0 ? "0" : rest_.substr(0, digits));
        rest_.remove_prefix(digits);
    }

    void take_surrogate(unsigned first)
    {
        const unsigned second = code_unit(escape_size);
        if (first <= 0xDBFFU && second >= 0xDC00U && second <= 0xDFFFU) {
            take(2 * escape_size);
        } else {
            put("\\ufffd");
            rest_.remove_prefix(escape_size);
        }
    }

    /// The code unit of the escape `\uXXXX` at `at`; 0 if there is none.
    [[nodiscard]] unsigned code_unit(std::size_t at) const
    {
        const std::string_view escape = rest_.substr(std::min(at, rest_.size()), escape_size);
        if (escape.size() < escape_size || !escape.starts_with("\\u") ||
            !std::all_of(escape.begin() + 2, escape.end(), is_hexadecimal)) {
            return 0;
        }
        return static_cast<unsigned>(std::stoul(std::string{escape.substr(2)}, nullptr, 16));
    }

    static constexpr std::size_t escape_size = 6;
    std::string_view rest_;
    std::string mended_;
    std::size_t depth_ = 0;
    bool shortened_ = false;
};

json_document parse(std::string_view text, json::storage_ptr storage)
{
    json::parse_options lenient;
    lenient.allow_invalid_utf8 = true;
    lenient.max_depth = deepest_nesting;
    // In the same memory resource as the parsed value, which would otherwise be copied.
    json_document document{json::value(storage)};
    json::basic_parser<value_builder> parser{lenient, std::move(storage)};
    const std::size_t used = parser.write_some(false, text.data(), text.size(), document.failure);
    if (!document.failure && used != text.size()) {
        document.failure = json::error::extra_data;
    }
    if (!document.failure) {
        document.value = parser.handler().release();
    }
    return document;
}

} // namespace

json_document read_json(std::string_view text, json::storage_ptr storage)
{
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    json_document document = parse(text, storage);
    if (document.failure) {
        mender second_try{text};
        std::string mended = second_try.mend();
        json_document other = parse(mended, std::move(storage));
        wipe(mended);
        other.shortened = second_try.shortened();
        if (!other.failure) {
            return other;
        }
    }
    return document;
}

} // namespace sipher::detail
