#include "options/host.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>

namespace sipher::detail {

namespace {

constexpr std::size_t longest_host = 253;
constexpr std::size_t longest_label = 63;
constexpr std::string_view decimal = "0123456789";
constexpr std::string_view hexadecimal = "0123456789abcdef";

bool consists_of(std::string_view text, std::string_view allowed) noexcept
{
    return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_label(std::string_view label) noexcept
{
    return !label.empty() && label.size() <= longest_label &&
           consists_of(label, "abcdefghijklmnopqrstuvwxyz0123456789-_");
}

/// A part that `inet_aton`, and so `getaddrinfo`, accepts in an address: `1`, `017`, `0x7f`.
bool is_number(std::string_view label) noexcept
{
    return consists_of(label, decimal) || (label.starts_with("0x") && consists_of(label.substr(2), hexadecimal));
}

} // namespace

std::string lower_case(std::string_view text)
{
    std::string lowered{text};
    std::ranges::transform(lowered, lowered.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return lowered;
}

std::string_view without_dot(std::string_view name) noexcept
{
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    return name;
}

bool is_host_name(std::string_view name) noexcept
{
    if (name.size() > longest_host) {
        return false;
    }
    for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
        if (!is_label(name.substr(0, dot))) {
            return false;
        }
        name.remove_prefix(dot + 1);
    }
    return is_label(name) && !is_number(name);
}

bool is_localhost(std::string_view name) noexcept
{
    name = without_dot(name);
    return name == "localhost" || name.ends_with(".localhost");
}

std::optional<boost::asio::ip::address> read_address(std::string_view text)
{
    namespace ip = boost::asio::ip;
    // `make_address` would stop at a NUL, and accept a number of any size as a zone.
    if (!consists_of(text, "0123456789abcdefABCDEF:.")) {
        return std::nullopt;
    }
    boost::system::error_code failure;
    const ip::address address = ip::make_address(std::string{text}, failure);
    if (failure) {
        return std::nullopt;
    }
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    }
    return address;
}

bool is_host(std::string_view text)
{
    return is_host_name(without_dot(lower_case(text))) || read_address(text);
}

} // namespace sipher::detail
