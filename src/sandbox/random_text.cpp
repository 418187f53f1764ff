#include "sandbox/random_text.hpp"

#include <openssl/rand.h>

#include <new>
#include <string_view>
#include <vector>

namespace sipher::testing::detail {

std::string random_hexadecimal(std::size_t digits)
{
    constexpr std::string_view alphabet = "0123456789abcdef";
    std::vector<unsigned char> bytes(digits / 2 + 1);
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
        throw std::bad_alloc{};
    }
    std::string text;
    for (const unsigned char byte : bytes) {
        text.push_back(alphabet[byte >> 4U]);
        text.push_back(alphabet[byte & 15U]);
    }
    text.resize(digits);
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
