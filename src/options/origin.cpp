#include "options/origin.hpp"

#include <cstdlib>

namespace sipher::detail {

namespace {

std::string origin(std::string_view field, const char* variable, std::string_view value)
{
    std::string name{field};
    if (!value.empty() && value == environment(variable)) {
        name.append(" (").append(variable).append(")");
    }
    return name;
}

} // namespace

std::string_view environment(const char* name) noexcept
{
    const char* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing here changes it
    return value != nullptr ? std::string_view{value} : std::string_view{};
}

std::string origin_of_base_url(const client_options& options)
{
    return origin("base_url", url_variable, options.base_url);
}

std::string origin_of_key(const client_options& options)
{
    if (options.api_key_provider) {
        return "api_key_provider";
    }
    if (options.async_api_key_provider) {
        return "async_api_key_provider";
    }
    return origin("api_key", key_variable, options.api_key.reveal());
}

std::string origin_of_ca_file(const tls_options& options)
{
    return origin("tls.ca_file", ca_variable, options.ca_file);
}

} // namespace sipher::detail
