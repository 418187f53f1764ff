#include "values/proxy.hpp"

#include "values/validation.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace sipher::detail {

namespace {

namespace urls = boost::urls;

struct setting {
    std::string name;
    std::string value;
};

setting from_environment(std::initializer_list<const char*> names)
{
    for (const char* const name : names) {
        const char* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing here changes it
        if (value != nullptr && *value != '\0') {
            return {name, value};
        }
    }
    return {};
}

/// Upper-case `HTTP_PROXY` is not looked at: a CGI program gets it from whoever sends it a request.
setting proxy_of_environment(bool tls)
{
    return tls ? from_environment({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
               : from_environment({"http_proxy", "all_proxy", "ALL_PROXY"});
}

std::string basic_credentials(const std::string& user, std::string_view password)
{
    const std::string plain = user + ":" + std::string{password};
    std::string encoded((plain.size() + 2) / 3 * 4, '\0');
    // It writes a NUL at the end, for which every string has room.
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                    reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
    return "Basic " + encoded;
}

bool is_printable(std::string_view text)
{
    return std::ranges::all_of(text, [](char letter) { return letter >= ' ' && letter <= '~'; });
}

proxy_route read_route(const setting& from, const proxy_options& options)
{
    const std::string text = from.value.find("://") == std::string::npos ? "http://" + from.value : from.value;
    auto parsed = urls::parse_uri(text);
    if (!parsed || parsed->scheme_id() != urls::scheme::http) {
        throw_invalid(from.name, "must be a URL such as http://proxy:3128; only proxies that are spoken to by plain "
                                 "http are supported");
    }
    std::string user = options.username;
    std::string password{options.password.reveal()};
    if (user.empty() && parsed->has_userinfo()) {
        user = parsed->user();
        password = parsed->password();
    }
    if (user.find(':') != std::string::npos || !is_printable(user) || !is_printable(password)) {
        throw_invalid(from.name, "must have a user without colon, and a user and password of visible ASCII");
    }
    urls::url bare{*parsed};
    bare.remove_userinfo();
    const base_url where = parse_base_url(bare.buffer(), from.name);
    if (!where.path_prefix.empty()) {
        throw_invalid(from.name, "must not have a path");
    }
    proxy_route route;
    route.host = where.host;
    route.port = where.port;
    route.name = where.host_field;
    if (!user.empty()) {
        route.authorization = secret{basic_credentials(user, password)};
    }
    return route;
}

} // namespace

std::optional<proxy_route> choose_proxy(const proxy_options& options, const base_url& server)
{
    setting proxy{"proxy.url", options.url};
    std::string no_proxy = options.no_proxy;
    if (proxy.value.empty() && options.use_environment && !server.is_loopback) {
        proxy = proxy_of_environment(server.tls);
        if (no_proxy.empty()) {
            no_proxy = from_environment({"no_proxy", "NO_PROXY"}).value;
        }
    }
    if (proxy.value.empty()) {
        return std::nullopt;
    }
    proxy_route route = read_route(proxy, options);
    if (is_excluded(no_proxy, server)) {
        return std::nullopt;
    }
    return route;
}

} // namespace sipher::detail
