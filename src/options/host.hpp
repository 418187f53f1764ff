#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sipher::detail {

[[nodiscard]] std::string lower_case(std::string_view text);
/// Without the dot at its end of a name that is complete.
[[nodiscard]] std::string_view without_dot(std::string_view name) noexcept;

/// Labels of letters, digits, `-` and `_` with dots between; `name` is in lower case and without a dot at its end.
/// The last label is not a number: DNS has no such names, and resolvers make addresses of them (`127.1`,
/// `0x7f000001`).
[[nodiscard]] bool is_host_name(std::string_view name) noexcept;

/// `localhost` or a name below it, maybe with a dot at its end, in lower case: RFC 6761, section 6.3, leaves it to this
/// machine, and it is never asked of DNS.
[[nodiscard]] bool is_localhost(std::string_view name) noexcept;

/// An address as Asio reads it to connect, in full: no zone, no brackets. An IPv4 address that is written as IPv6
/// (`::ffff:10.0.0.1`) is the IPv4 address, because that is what is connected to.
[[nodiscard]] std::optional<boost::asio::ip::address> read_address(std::string_view text);

/// A host name, maybe with a dot at its end, or an address.
[[nodiscard]] bool is_host(std::string_view text);

} // namespace sipher::detail
