#include <sipher/call_options.hpp>
#include <sipher/client_options.hpp>
#include <sipher/version.hpp>

#include "options/base_url.hpp"
#include "options/host.hpp"
#include "options/origin.hpp"
#include "options/proxy.hpp"
#include "options/public_key_pin.hpp"
#include "options/validation.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace sipher {

namespace {

using detail::require;
using detail::validate_duration;

void require_positive(std::uint64_t value, std::string_view field)
{
    require(value != 0, field, "must be at least 1");
}

void validate_tls(const tls_options& tls)
{
    const bool has_certificate = !tls.certificate_file.empty();
    const bool has_key = !tls.private_key_file.empty();
    require(tls.ca_file.empty() || tls.ca_pem.empty(), "tls.ca_pem", "must not be set together with tls.ca_file");
    require(has_key || !has_certificate, "tls.private_key_file", "must be set when tls.certificate_file is");
    require(has_certificate || !has_key, "tls.certificate_file", "must be set when tls.private_key_file is");
    require(has_key || tls.private_key_passphrase.empty(), "tls.private_key_passphrase",
            "must not be set without tls.private_key_file");
    for (const std::string& pin : tls.pinned_public_keys) {
        static_cast<void>(detail::parse_pin(pin, "tls.pinned_public_keys"));
    }
    require(tls.server_name.empty() || detail::is_host(tls.server_name), "tls.server_name",
            "must be a host name or an address, without port and brackets");
    require(tls.minimum_version == 12 || tls.minimum_version == 13, "tls.minimum_version",
            "must be 12 (TLS 1.2) or 13 (TLS 1.3)");
}

void validate_durations(const client_options& options)
{
    validate_duration(options.pool.idle_timeout, "pool.idle_timeout");
    validate_duration(options.pool.max_lifetime, "pool.max_lifetime");
    validate_duration(options.proxy.timeout, "proxy.timeout");
    validate_duration(options.timeouts.total, "timeouts.total");
    validate_duration(options.timeouts.queue.value_or(std::chrono::milliseconds{}), "timeouts.queue");
    validate_duration(options.timeouts.quota_source, "timeouts.quota_source");
    validate_duration(options.timeouts.attempt, "timeouts.attempt");
    validate_duration(options.timeouts.write, "timeouts.write");
    validate_duration(options.timeouts.connect, "timeouts.connect");
    validate_duration(options.timeouts.tls_handshake, "timeouts.tls_handshake");
}

void validate_limits(const client_options& options)
{
    require_positive(options.pool.max_connections, "pool.max_connections");
    require(options.pool.max_idle.value_or(0) <= options.pool.max_connections, "pool.max_idle",
            "must be at most pool.max_connections");
    require_positive(options.limits.header_size, "limits.header_size");
    require_positive(options.limits.header_fields, "limits.header_fields");
    require_positive(options.limits.body_size, "limits.body_size");
}

void validate_quota(const daily_quota_options& quota)
{
    require(quota.reserve <= 100, "daily_quota.reserve", "must not be more than 100 (per cent)");
    const auto& thresholds = quota.thresholds;
    const bool in_range = std::ranges::all_of(thresholds, [](unsigned each) { return each >= 1 && each <= 100; });
    require(in_range && std::ranges::is_sorted(thresholds), "daily_quota.thresholds",
            "must be from 1 to 100 (per cent), in ascending order");
}

void validate_credentials(const client_options& options, const detail::base_url& base,
                          const std::optional<detail::proxy_route>& proxy)
{
    const bool has_provider = options.api_key_provider || options.async_api_key_provider;
    require(!options.api_key_provider || !options.async_api_key_provider, "async_api_key_provider",
            "must not be set together with api_key_provider");
    require(!has_provider || options.api_key.empty(),
            options.api_key_provider ? "api_key_provider" : "async_api_key_provider",
            "must not be set together with api_key");
    detail::validate_api_key(options.api_key, detail::origin_of_key(options));
    const bool has_key = has_provider || !options.api_key.empty();
    if (!has_key || base.tls || options.allow_plaintext_credentials) {
        return;
    }
    require(base.is_loopback, detail::origin_of_base_url(options),
            "must be https: over plain http to another machine anyone on the path can read the API key "
            "(allow_plaintext_credentials permits it)");
    require(!proxy || proxy->at.is_loopback, "proxy.url",
            "is another machine, which can read the API key that is sent over plain http "
            "(allow_plaintext_credentials permits it)");
}

} // namespace

std::ostream& operator<<(std::ostream& os, authentication_scheme value)
{
    return os << (value == authentication_scheme::bearer ? "bearer" : "API key header");
}

std::ostream& operator<<(std::ostream& os, rate_pacing value)
{
    switch (value) {
    case rate_pacing::none: return os << "none";
    case rate_pacing::window: return os << "window";
    case rate_pacing::day: return os << "day";
    }
    return os;
}

std::ostream& operator<<(std::ostream& os, call_priority value)
{
    switch (value) {
    case call_priority::interactive: return os << "interactive";
    case call_priority::normal: return os << "normal";
    case call_priority::background: return os << "background";
    }
    return os;
}

const char* version() noexcept
{
    return SIPHER_VERSION;
}

client_options client_options::from_environment()
{
    client_options options;
    options.api_key = secret{detail::environment(detail::key_variable)};
    if (const std::string_view url = detail::environment(detail::url_variable); !url.empty()) {
        options.base_url = url;
    }
    options.tls.ca_file = detail::environment(detail::ca_variable);
    return options;
}

void client_options::validate() const
{
    const detail::base_url base = detail::parse_base_url(base_url, detail::origin_of_base_url(*this));
    detail::validate_no_proxy(proxy.no_proxy, "proxy.no_proxy");
    validate_credentials(*this, base, detail::choose_proxy(proxy, base));
    validate_tls(tls);
    validate_limits(*this);
    validate_durations(*this);
    detail::validate_retry(retry, "retry");
    validate_quota(daily_quota);
    detail::require(rate_gate || rate_pacing != sipher::rate_pacing::window, "rate_pacing",
                    "must not be window without rate_gate");
    for (const auto& [name, value] : default_headers) {
        detail::validate_header(name, value, "default_headers");
    }
    detail::require(detail::is_printable(user_agent), "user_agent", "must be visible ASCII and spaces");
}

} // namespace sipher
