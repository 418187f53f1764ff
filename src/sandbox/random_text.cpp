#include "sandbox/random_text.hpp"

#include <boost/algorithm/hex.hpp>

#include <openssl/rand.h>

#include <stdexcept>

namespace sipher::testing::detail {

std::string random_hexadecimal(std::size_t bytes)
{
    std::string text(bytes, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(bytes)) != 1) {
        throw std::runtime_error{"no random bytes"};
    }
    return boost::algorithm::hex_lower(text);
}

std::string random_uuid()
{
    std::string text = random_hexadecimal(18);
    text[8] = text[13] = text[18] = text[23] = '-';
    text[14] = '4';
    text[19] = 'a';
    return text;
}

} // namespace sipher::testing::detail
