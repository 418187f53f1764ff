#include "options/base_url.hpp"
#include "options/host.hpp"
#include "options/no_proxy.hpp"
#include "require.hpp"

#include <sipher/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

// A base URL is refused by an error that does not repeat it, or names a host; no list of exclusions is too odd for it.
// The first line of the input is the URL, the rest the list.

namespace {

void check(std::string_view url, std::string_view no_proxy)
{
    using namespace sipher;
    try {
        const detail::base_url read = detail::parse_base_url(url);
        require(detail::is_host(read.host) && !read.host_field.empty() && read.port != 0);
        require(read.path_prefix.empty() || (read.path_prefix.starts_with('/') && !read.path_prefix.ends_with('/')));
        require(read.host_field.find_first_of("\r\n /@") == std::string_view::npos);
        require(!read.is_loopback || read.is_address || read.host == "localhost");
        const detail::base_url again =
            detail::parse_base_url((read.tls ? "https://" : "http://") + read.host_field + read.path_prefix);
        require(again.host == read.host && again.port == read.port && again.path_prefix == read.path_prefix);
        require(!detail::is_excluded("", read));
        require(detail::is_excluded("*", read));
        static_cast<void>(detail::is_excluded(no_proxy, read));
        detail::validate_no_proxy(no_proxy, "proxy.no_proxy");
    } catch (const error& refused) {
        require(refused.code() == errc::invalid_request);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto line = text.find('\n');
    check(text.substr(0, line), line == std::string_view::npos ? std::string_view{} : text.substr(line + 1));
    return 0;
}
