#include "options/proxy.hpp"

#include "base/wipe.hpp"
#include "options/host.hpp"
#include "options/origin.hpp"
#include "options/validation.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace sipher::detail {

namespace {

namespace urls = boost::urls;

/// A URL, and the option or variable that it came from.
struct setting {
    std::string name;
    secret value;
};

setting from_environment(std::initializer_list<const char*> names)
{
    for (const char* const name : names) {
        if (const std::string_view value = environment(name); !value.empty()) {
            return {name, std::string{value}};
        }
    }
    return {};
}

/// Upper-case `HTTP_PROXY` is ignored: in a CGI program, a request header can set it.
setting proxy_of_environment(bool tls)
{
    return tls ? from_environment({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
               : from_environment({"http_proxy", "all_proxy", "ALL_PROXY"});
}

secret take(std::string text)
{
    secret taken{text};
    wipe(text);
    return taken;
}

struct proxy_scheme {
    std::string_view name;
    proxy_kind kind;
    /// The port if the URL has none.
    std::uint16_t port;
};
constexpr std::array<proxy_scheme, 4> schemes{{{"http", proxy_kind::http, 80},
                                               {"https", proxy_kind::https, 443},
                                               {"socks5", proxy_kind::socks5, 1080},
                                               {"socks5h", proxy_kind::socks5h, 1080}}};

/// Parses one proxy's URL, from the option or variable named `field`.
class route_reader {
public:
    route_reader(const urls::url_view& url, std::string_view field) : url_(url), field_(field) {}

    proxy_route read(const proxy_options& options)
    {
        const std::string name = lower_case({url_.scheme().data(), url_.scheme().size()});
        const auto* const scheme = std::ranges::find(schemes, name, &proxy_scheme::name);
        require(scheme != schemes.end(), "must begin with http://, https://, socks5:// or socks5h://");
        proxy_route route;
        route.kind = scheme->kind;
        read_place(route, *scheme);
        read_credentials(route, options);
        return route;
    }

private:
    void require(bool holds, std::string_view rule) const { detail::require(holds, field_, rule); }

    void read_place(proxy_route& route, const proxy_scheme& scheme) const
    {
        const std::string_view path{url_.encoded_path().data(), url_.encoded_path().size()};
        require((path.empty() || path == "/") && !url_.has_query() && !url_.has_fragment(),
                "must have nothing after the host and port");
        const std::string_view place{url_.encoded_host_and_port().data(), url_.encoded_host_and_port().size()};
        route.at =
            parse_base_url((scheme.kind == proxy_kind::https ? "https://" : "http://") + std::string{place}, field_);
        if (url_.port().empty()) {
            route.at.port = scheme.port;
        }
        const std::string port = ":" + std::to_string(route.at.port);
        route.name = route.at.host_field.ends_with(port) ? route.at.host_field : route.at.host_field + port;
    }

    void read_credentials(proxy_route& route, const proxy_options& options) const
    {
        route.username = options.username;
        route.password = options.password;
        if (options.username.empty()) {
            route.username = take(url_.user());
            if (route.password.empty()) {
                route.password = take(url_.password());
            }
        }
        const std::string_view user_field = options.username.empty() ? field_ : "proxy.username";
        const std::string_view password_field = options.password.empty() ? field_ : "proxy.password";
        const std::string_view user = route.username.reveal();
        const std::string_view password = route.password.reveal();
        if (route.kind == proxy_kind::http || route.kind == proxy_kind::https) {
            detail::require(user.find(':') == std::string_view::npos && is_printable(user), user_field,
                            "must give a user of visible ASCII without a colon");
            detail::require(is_printable(password), password_field, "must give a password of visible ASCII");
            return;
        }
        constexpr std::size_t longest = 255;
        detail::require(password.empty() || !user.empty(), password_field, "must not give a password without a user");
        detail::require(user.size() <= longest, user_field, "must give a user of at most 255 bytes");
        detail::require(password.size() <= longest, password_field, "must give a password of at most 255 bytes");
    }

    const urls::url_view& url_;
    const std::string_view field_;
};

proxy_route read_route(const setting& from, const proxy_options& options)
{
    secret whole = from.value;
    if (whole.reveal().find("://") == std::string_view::npos) {
        std::string text;
        text.reserve(whole.reveal().size() + 7);
        whole = take(std::move(text.append("http://").append(whole.reveal())));
    }
    const auto parsed = urls::parse_uri({whole.reveal().data(), whole.reveal().size()});
    require(parsed.has_value(), from.name,
            "must be a URL such as http://proxy:3128 or socks5h://user:password@proxy:1080");
    return route_reader{*parsed, from.name}.read(options);
}

} // namespace

std::optional<proxy_route> choose_proxy(const proxy_options& options, const base_url& server)
{
    setting proxy{"proxy.url", options.url};
    std::string no_proxy = options.no_proxy;
    if (proxy.value.empty() && options.use_environment && !server.is_loopback) {
        proxy = proxy_of_environment(server.tls);
        if (no_proxy.empty()) {
            no_proxy = from_environment({"no_proxy", "NO_PROXY"}).value.reveal();
        }
    }
    // In this order, because an invalid proxy does not matter if it is not used.
    if (proxy.value.empty() || is_excluded(no_proxy, server)) {
        return std::nullopt;
    }
    return read_route(proxy, options);
}

} // namespace sipher::detail
