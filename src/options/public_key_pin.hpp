#pragma once

#include <array>
#include <string>
#include <string_view>

namespace sipher::detail {

/// SHA-256 of a certificate's SubjectPublicKeyInfo.
using public_key_pin = std::array<unsigned char, 32>;

/// Base64, with or without `sha256/` before it.
/// @throws sipher::error with `errc::invalid_request` that names `field`.
[[nodiscard]] public_key_pin parse_pin(std::string_view text, std::string_view field);
[[nodiscard]] std::string to_text(const public_key_pin& pin);

} // namespace sipher::detail
