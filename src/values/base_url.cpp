#include "values/base_url.hpp"

#include "values/validation.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace sipher::detail {

namespace {

namespace urls = boost::urls;

constexpr std::size_t longest_host = 253;
constexpr std::size_t longest_label = 63;

std::string lower_case(std::string_view text)
{
    std::string lowered{text};
    for (char& letter : lowered) {
        if (letter >= 'A' && letter <= 'Z') {
            letter = static_cast<char>(letter - 'A' + 'a');
        }
    }
    return lowered;
}

std::string_view without_dot(std::string_view name) noexcept
{
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    return name;
}

bool is_label(std::string_view label) noexcept
{
    const auto allowed = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
    };
    return !label.empty() && label.size() <= longest_label && std::ranges::all_of(label, allowed);
}

/// Labels of letters, digits, `-` and `_` with dots between; `name` is in lower case.
bool is_host_name(std::string_view name) noexcept
{
    if (name.size() > longest_host) {
        return false;
    }
    for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
        if (!is_label(name.substr(0, dot))) {
            return false;
        }
        name.remove_prefix(dot + 1);
    }
    return is_label(name);
}

/// Reads the parts of one URL, the option named `field`.
class url_reader {
public:
    url_reader(const urls::url_view& url, std::string_view field) : url_(url), field_(field) {}

    base_url read()
    {
        require(url_.scheme_id() == urls::scheme::https || url_.scheme_id() == urls::scheme::http,
                "must begin with https:// or http://");
        require(!url_.has_userinfo(), "must not have a user or a password");
        require(!url_.has_query(), "must not have a query");
        require(!url_.has_fragment(), "must not have a fragment");
        require(!url_.encoded_host().empty(), "must name a host");
        base_url out;
        out.tls = url_.scheme_id() == urls::scheme::https;
        read_host(out);
        read_port(out);
        const std::string_view path{url_.encoded_path().data(), url_.encoded_path().size()};
        out.path_prefix = path.substr(0, path.find_last_not_of('/') + 1);
        return out;
    }

private:
    void require(bool holds, std::string_view rule) const
    {
        if (!holds) {
            throw_invalid(field_, rule);
        }
    }

    void read_host(base_url& out) const
    {
        const std::string_view written{url_.encoded_host().data(), url_.encoded_host().size()};
        out.host = lower_case(written);
        out.host_field = written;
        if (url_.host_type() == urls::host_type::ipv4) {
            out.is_address = true;
            out.is_loopback = url_.host_ipv4_address().is_loopback();
        } else if (url_.host_type() == urls::host_type::ipv6) {
            out.host = out.host.substr(1, out.host.size() - 2);
            out.is_address = true;
            out.is_loopback = url_.host_ipv6_address().is_loopback();
        } else {
            const std::string_view name = without_dot(out.host);
            require(is_host_name(name),
                    "must have a host of letters, digits, `-`, `_` and dots, an IPv4 address, or an "
                    "IPv6 address in brackets without a zone");
            out.is_loopback = name == "localhost" || name.ends_with(".localhost");
        }
        out.server_name = out.is_address ? std::string_view{out.host} : without_dot(out.host);
    }

    void read_port(base_url& out) const
    {
        const std::uint16_t usual = out.tls ? 443 : 80;
        out.port = usual;
        if (!url_.has_port()) {
            return;
        }
        const std::string_view text{url_.port().data(), url_.port().size()};
        const char* const last = text.data() + text.size();
        const auto [end, failure] = std::from_chars(text.data(), last, out.port);
        require(failure == std::errc{} && end == last && out.port != 0, "must have a port from 1 to 65535, or none");
        if (out.port != usual) {
            out.host_field += ":" + std::to_string(out.port);
        }
    }

    const urls::url_view& url_;
    std::string_view field_;
};

} // namespace

base_url parse_base_url(std::string_view text, std::string_view field)
{
    const auto parsed = urls::parse_uri(urls::string_view{text.data(), text.size()});
    if (!parsed) {
        throw_invalid(field, "must be a URL such as https://host, https://host:8443/prefix or http://[::1]:5006");
    }
    return url_reader{*parsed, field}.read();
}

} // namespace sipher::detail
