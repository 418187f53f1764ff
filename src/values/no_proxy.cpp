#include "values/proxy.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace sipher::detail {

namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

std::string lower_case(std::string_view text)
{
    std::string lowered{text};
    std::ranges::transform(lowered, lowered.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return lowered;
}

/// An IPv4 address written as IPv6 is the IPv4 address.
ip::address plain(const ip::address& address)
{
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    }
    return address;
}

bool is_in_network(const ip::address& address, std::string_view network)
{
    error_code failure;
    if (address.is_v4()) {
        const auto range = ip::make_network_v4(std::string{network}, failure);
        return !failure && ip::make_network_v4(address.to_v4(), range.prefix_length()).canonical() == range.canonical();
    }
    const auto range = ip::make_network_v6(std::string{network}, failure);
    return !failure && ip::make_network_v6(address.to_v6(), range.prefix_length()).canonical() == range.canonical();
}

/// `host:port` or `[address]:port` taken apart; the port is empty if there is none.
struct entry_parts {
    std::string_view host;
    std::string_view port;
};

entry_parts split_port(std::string_view entry)
{
    if (entry.starts_with('[')) {
        const std::size_t end = entry.find(']');
        if (end != std::string_view::npos) {
            const std::string_view rest = entry.substr(end + 1);
            return {entry.substr(1, end - 1), rest.starts_with(':') ? rest.substr(1) : std::string_view{}};
        }
    }
    const std::size_t colon = entry.find(':');
    if (colon == std::string_view::npos || entry.find(':', colon + 1) != std::string_view::npos) {
        return {entry, {}};
    }
    return {entry.substr(0, colon), entry.substr(colon + 1)};
}

bool names_domain(std::string_view host, std::string_view entry)
{
    if (entry.starts_with("*.")) {
        entry.remove_prefix(1);
    }
    if (entry.ends_with('.')) {
        entry.remove_suffix(1);
    }
    if (entry.empty() || entry == ".") {
        return false;
    }
    if (entry.starts_with('.')) {
        return host.size() > entry.size() && host.ends_with(entry);
    }
    return host == entry ||
           (host.size() > entry.size() && host.ends_with(entry) && host[host.size() - entry.size() - 1] == '.');
}

bool names_server(std::string_view written, const base_url& server)
{
    const std::string entry = lower_case(written);
    if (entry == "*") {
        return true;
    }
    const auto [host, port] = split_port(entry);
    if (!port.empty() && port != std::to_string(server.port)) {
        return false;
    }
    if (!server.is_address) {
        return names_domain(server.server_name, host);
    }
    const ip::address address = plain(ip::make_address(server.host));
    if (host.find('/') != std::string_view::npos) {
        return is_in_network(address, host);
    }
    error_code failure;
    const ip::address named = ip::make_address(std::string{host}, failure);
    return !failure && plain(named) == address;
}

} // namespace

bool is_excluded(std::string_view no_proxy, const base_url& server)
{
    constexpr std::string_view separators = ", \t";
    while (true) {
        const std::size_t begin = no_proxy.find_first_not_of(separators);
        if (begin == std::string_view::npos) {
            return false;
        }
        no_proxy.remove_prefix(begin);
        const std::string_view entry = no_proxy.substr(0, no_proxy.find_first_of(separators));
        if (names_server(entry, server)) {
            return true;
        }
        no_proxy.remove_prefix(entry.size());
    }
}

} // namespace sipher::detail
