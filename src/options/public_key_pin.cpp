#include "options/public_key_pin.hpp"

#include "options/validation.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace sipher::detail {

namespace {

constexpr std::string_view prefix = "sha256/";
/// Size of 32 bytes in padded base64.
constexpr std::size_t text_size = 44;

} // namespace

public_key_pin parse_pin(std::string_view text, std::string_view field)
{
    if (text.starts_with(prefix)) {
        text.remove_prefix(prefix.size());
    }
    std::array<unsigned char, text_size> decoded{};
    const bool well_formed =
        text.size() == text_size && text.ends_with('=') && text[text_size - 2] != '=' &&
        EVP_DecodeBlock(decoded.data(), reinterpret_cast<const unsigned char*>(text.data()), text_size) == 33;
    require(well_formed, field, "must be the base64 of a SHA-256 (44 characters), as in sha256/AAAA…=");
    public_key_pin pin{};
    std::copy_n(decoded.begin(), pin.size(), pin.begin());
    return pin;
}

std::string to_text(const public_key_pin& pin)
{
    std::array<unsigned char, text_size + 1> encoded{};
    EVP_EncodeBlock(encoded.data(), pin.data(), static_cast<int>(pin.size()));
    return std::string{prefix} + reinterpret_cast<const char*>(encoded.data());
}

} // namespace sipher::detail
