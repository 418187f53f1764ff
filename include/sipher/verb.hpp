#pragma once

#include <sipher/config.hpp>

#include <iosfwd>

namespace sipher {

/// HTTP request methods. `get`, `head`, `put` and `delete_` are idempotent (RFC 9110, 9.2.2).
enum class verb { get, head, post, put, patch, delete_ }; // NOLINT(readability-identifier-naming): a keyword

/// The method's name on the wire.
SIPHER_API const char* to_string(verb value) noexcept;
SIPHER_API std::ostream& operator<<(std::ostream& os, verb value);

} // namespace sipher
