#include "sandbox/random_text.hpp"

#include <random>
#include <string_view>

namespace sipher::testing::detail {

namespace {

/// Seeded once: asking the system for each digit takes longer than everything else that a request costs.
std::mt19937_64& source_of_this_thread()
{
    thread_local std::mt19937_64 source = [] {
        std::random_device entropy;
        std::seed_seq seed{entropy(), entropy(), entropy(), entropy(), entropy(), entropy(), entropy(), entropy()};
        return std::mt19937_64{seed};
    }();
    return source;
}

} // namespace

std::string random_hexadecimal(std::size_t digits)
{
    constexpr std::string_view alphabet = "0123456789abcdef";
    std::mt19937_64& source = source_of_this_thread();
    std::string text;
    text.reserve(digits);
    while (text.size() < digits) {
        text.push_back(alphabet[source() % alphabet.size()]);
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
