// The human-readable text of a response that is not JSON: a page of a gateway, a portal or a proxy.
#pragma once

#include <string>
#include <string_view>

namespace sipher::detail {

/// `502 Bad Gateway`
[[nodiscard]] std::string status_phrase(unsigned status);

/// The status with the page's title or first words, one printable line.
[[nodiscard]] std::string describe_page(unsigned status, std::string_view body);

} // namespace sipher::detail
