#include "options/base_url.hpp"

#include "base/field_text.hpp"
#include "options/host.hpp"
#include "options/validation.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <cstddef>

namespace sipher::detail {

namespace {

namespace urls = boost::urls;

/// Splits a URL as RFC 3986 does, and parses each part as a whole.
///
/// Boost.URL up to 1.81 parses a URL from left to right without determining where a part ends: of
/// `http://127.0.0.1.example/` the address becomes the host, and `.example/` the path.
class url_reader {
public:
    url_reader(std::string_view text, std::string_view field) : text_(text), field_(field) {}

    base_url read()
    {
        const std::size_t colon = text_.find(':');
        require(colon != npos && std::ranges::all_of(text_, is_allowed), form);
        const urls::scheme scheme = urls::string_to_scheme(text_.substr(0, colon));
        require(scheme == urls::scheme::https || scheme == urls::scheme::http, "must begin with https:// or http://");
        const std::string_view rest = text_.substr(colon + 1);
        require(rest.starts_with("//"), "must name a host");
        const std::size_t end = std::min(rest.find_first_of("/?#", 2), rest.size());
        base_url out;
        out.origin = field_;
        out.tls = scheme == urls::scheme::https;
        read_authority(out, rest.substr(2, end - 2));
        read_path(out, rest.substr(end));
        return out;
    }

private:
    static constexpr std::size_t npos = std::string_view::npos;
    static constexpr std::string_view form =
        "must be a URL such as https://host, https://host:8443/prefix or http://[::1]:5006";

    /// Visible ASCII. Browsers treat a backslash as a slash and other programs as a letter, so it is not allowed.
    static bool is_allowed(char letter) noexcept { return letter > ' ' && letter <= '~' && letter != '\\'; }

    static bool has_dot_segment(std::string_view path)
    {
        std::string plain = lower_case(path) + "/";
        for (std::size_t dot = plain.find("%2e"); dot != npos; dot = plain.find("%2e")) {
            plain.replace(dot, 3, ".");
        }
        return plain.find("/./") != npos || plain.find("/../") != npos;
    }

    void require(bool holds, std::string_view rule) const { detail::require(holds, field_, rule); }

    void read_authority(base_url& out, std::string_view authority) const
    {
        require(authority.find('@') == npos, "must not have a user or a password");
        // The colons of an IPv6 address are within brackets.
        const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
        const std::size_t end = std::min(authority.find(':', bracket), authority.size());
        require(end != 0, "must name a host");
        read_host(out, authority.substr(0, end));
        read_port(out, authority.substr(end));
    }

    void read_host(base_url& out, std::string_view written) const
    {
        out.host_field = written;
        // Only addresses with colons may be in brackets.
        const bool in_brackets = written.starts_with('[') && written.ends_with(']') && written.find(':') != npos;
        out.host = lower_case(in_brackets ? written.substr(1, written.size() - 2) : written);
        const auto address = read_address(out.host);
        require(address || (!in_brackets && is_host_name(without_dot(out.host))),
                "must have a host of letters, digits, `-`, `_` and dots whose last label is not a number, an IPv4 "
                "address of "
                "four decimal numbers, or an IPv6 address in brackets without a zone");
        out.is_address = address.has_value();
        out.is_loopback = address ? address->is_loopback() : is_localhost(out.host);
        out.server_name = without_dot(out.host);
    }

    void read_port(base_url& out, std::string_view written) const
    {
        const std::uint16_t usual = out.tls ? 443 : 80;
        out.port = written.empty() ? usual : to_number<std::uint16_t>(written.substr(1)).value_or(0);
        require(out.port != 0, "must have a port from 1 to 65535, or none");
        if (out.port != usual) {
            out.host_field += ":" + std::to_string(out.port);
        }
    }

    void read_path(base_url& out, std::string_view written) const
    {
        const std::size_t end = written.find_first_of("?#");
        require(end == npos || written[end] != '?', "must not have a query");
        require(end == npos, "must not have a fragment");
        if (written.empty()) {
            return;
        }
        require(urls::parse_origin_form(written).has_value(),
                "must have a path of letters, digits, percent-encoded bytes and -._~!$&'()*+,;=:@/");
        require(!has_dot_segment(written), "must not have a path with `.` or `..`");
        out.path_prefix = written.substr(0, written.find_last_not_of('/') + 1);
    }

    std::string_view text_;
    std::string_view field_;
};

} // namespace

base_url parse_base_url(std::string_view text, std::string_view field)
{
    return url_reader{text, field}.read();
}

} // namespace sipher::detail
