#include "options/no_proxy.hpp"

#include "base/field_text.hpp"
#include "base/printable_text.hpp"
#include "options/host.hpp"
#include "options/validation.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

namespace sipher::detail {

namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t longest_printed_entry = 64;

/// `host`, `address` or `address/length`, each also with `:port`.
struct entry_parts {
    std::string_view host;
    std::optional<std::string_view> length;
    std::string_view port;
};

/// An IPv6 address followed by a port is in brackets; brackets may be followed by a length or a port.
entry_parts split(std::string_view entry)
{
    entry_parts parts;
    std::string_view rest;
    if (const std::size_t end = entry.find(']'); entry.starts_with('[') && end != npos) {
        parts.host = entry.substr(1, end - 1);
        rest = entry.substr(end + 1);
    } else {
        const bool is_v6 = entry.find(':') != entry.rfind(':');
        parts.host = entry.substr(0, entry.find_first_of(is_v6 ? "/" : ":/"));
        rest = entry.substr(parts.host.size());
    }
    if (rest.starts_with('/')) {
        rest.remove_prefix(1);
        parts.length = rest.substr(0, rest.find(':'));
        rest.remove_prefix(parts.length->size());
    }
    if (rest.starts_with(':')) {
        parts.port = rest.substr(1);
    } else if (!rest.empty()) {
        parts.host = {};
    }
    return parts;
}

struct network {
    ip::address base;
    unsigned short length;
};

std::optional<network> read_network(std::string_view host, std::string_view length)
{
    constexpr unsigned short mapped = 96;
    const auto base = read_address(host);
    const bool written_as_v6 = host.find(':') != npos;
    const auto bits = to_number<unsigned short>(length);
    if (!base || !bits || *bits > (written_as_v6 ? 128 : 32)) {
        return std::nullopt;
    }
    if (written_as_v6 && base->is_v4()) {
        return *bits < mapped ? std::nullopt
                              : std::optional{network{*base, static_cast<unsigned short>(*bits - mapped)}};
    }
    return network{*base, *bits};
}

bool contains(const network& range, const ip::address& address)
{
    if (range.base.is_v4() != address.is_v4()) {
        return false;
    }
    if (address.is_v4()) {
        return ip::make_network_v4(address.to_v4(), range.length).network() ==
               ip::make_network_v4(range.base.to_v4(), range.length).network();
    }
    return ip::make_network_v6(address.to_v6(), range.length).network() ==
           ip::make_network_v6(range.base.to_v6(), range.length).network();
}

bool names_domain(std::string_view host, std::string_view entry)
{
    if (entry.starts_with("*.")) {
        entry.remove_prefix(1);
    }
    entry = without_dot(entry);
    if (entry.starts_with('.')) {
        return host.size() > entry.size() && host.ends_with(entry);
    }
    return !entry.empty() && (host == entry || (host.size() > entry.size() && host.ends_with(entry) &&
                                                host[host.size() - entry.size() - 1] == '.'));
}

bool names_server(std::string_view written, const base_url& server)
{
    const std::string entry = lower_case(written);
    const auto [host, length, port] = split(entry);
    if (!port.empty() && port != std::to_string(server.port)) {
        return false;
    }
    if (entry == "*") {
        return true;
    }
    if (!server.is_address) {
        return !length && names_domain(server.server_name, host);
    }
    const auto address = read_address(server.host);
    if (!length) {
        return address == read_address(host);
    }
    const auto range = read_network(host, *length);
    return range && contains(*range, *address);
}

/// Removes the next entry from a list; empty: there is none.
std::string_view take_entry(std::string_view& list)
{
    constexpr std::string_view separators = ", \t";
    list.remove_prefix(std::min(list.find_first_not_of(separators), list.size()));
    const std::string_view entry = list.substr(0, list.find_first_of(separators));
    list.remove_prefix(entry.size());
    return entry;
}

} // namespace

bool is_excluded(std::string_view no_proxy, const base_url& server)
{
    for (std::string_view entry = take_entry(no_proxy); !entry.empty(); entry = take_entry(no_proxy)) {
        if (names_server(entry, server)) {
            return true;
        }
    }
    return false;
}

void validate_no_proxy(std::string_view no_proxy, std::string_view field)
{
    for (std::string_view entry = take_entry(no_proxy); !entry.empty(); entry = take_entry(no_proxy)) {
        const auto [host, length, port] = split(entry);
        const bool is_network = length && read_network(host, *length);
        if (entry.find('/') != npos && !is_network) {
            throw_invalid(field, "has `" + printable_text(entry, longest_printed_entry) +
                                     "`, which is not a network: an IPv4 address and a length up to 32, or an IPv6 "
                                     "address and a length up to 128");
        }
    }
}

} // namespace sipher::detail
