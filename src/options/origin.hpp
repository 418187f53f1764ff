// The source of an option's value, for messages.
#pragma once

#include <sipher/client_options.hpp>

#include <string>
#include <string_view>

namespace sipher::detail {

inline constexpr const char* key_variable = "SIPHER_API_KEY";
inline constexpr const char* url_variable = "SIPHER_BASE_URL";
inline constexpr const char* ca_variable = "SIPHER_CA_FILE";

/// The value of an environment variable; empty if it is unset.
[[nodiscard]] std::string_view environment(const char* name) noexcept;

/// `base_url`, with the environment variable if that has the same value.
[[nodiscard]] std::string origin_of_base_url(const client_options& options);

/// `api_key`, in the same way, or the name of the provider.
[[nodiscard]] std::string origin_of_key(const client_options& options);

/// `tls.ca_file`, in the same way.
[[nodiscard]] std::string origin_of_ca_file(const tls_options& options);

} // namespace sipher::detail
