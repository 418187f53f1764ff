#include "testing/random_text.hpp"

#include <random>
#include <string_view>

namespace sipher::testing::detail {

std::string random_hexadecimal(std::size_t digits)
{
    constexpr std::string_view alphabet = "0123456789abcdef";
    std::random_device source;
    std::uniform_int_distribution<std::size_t> pick{0, alphabet.size() - 1};
    std::string text;
    text.reserve(digits);
    while (text.size() < digits) {
        text.push_back(alphabet[pick(source)]);
    }
    return text;
}

std::string random_uuid()
{
    std::string text = random_hexadecimal(36);
    text[8] = text[13] = text[18] = text[23] = '-';
    text[14] = '4';
    text[19] = 'a';
    return text;
}

} // namespace sipher::testing::detail
