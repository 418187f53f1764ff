#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sipher::detail {

[[nodiscard]] std::string lower_case(std::string_view text);
/// Removes the trailing dot of an absolute name.
[[nodiscard]] std::string_view without_dot(std::string_view name) noexcept;

/// Labels of letters, digits, `-` and `_` with dots between; `name` is in lower case and without a trailing dot. The
/// last label must not be a number: DNS has no such names, and resolvers read them as addresses (`127.1`,
/// `0x7f000001`).
[[nodiscard]] bool is_host_name(std::string_view name) noexcept;

/// `localhost` or a name below it, in lower case, optionally with a trailing dot: by RFC 6761, section 6.3, it is
/// resolved locally and never through DNS.
[[nodiscard]] bool is_localhost(std::string_view name) noexcept;

/// Parses the whole text as an address, as Asio does: no zone, no brackets. An IPv4-mapped IPv6 address
/// (`::ffff:10.0.0.1`) becomes the IPv4 address, because that is the one connected to.
[[nodiscard]] std::optional<boost::asio::ip::address> read_address(std::string_view text);

/// A host name, optionally with a trailing dot, or an address.
[[nodiscard]] bool is_host(std::string_view text);

} // namespace sipher::detail
