#include "values/base_url.hpp"

#include "refusal.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using sipher::detail::base_url;
using sipher::detail::parse_base_url;
using sipher::test::refusal;

struct row {
    std::string text;
    bool tls;
    std::string host;
    unsigned port;
    std::string host_field;
    std::string path_prefix;
    std::string server_name;
    bool is_address;
    bool is_loopback;
};

TEST(base_url, is_taken_apart)
{
    const row rows[] = {
        {"https://sipher.sip-protocol.org", true, "sipher.sip-protocol.org", 443, "sipher.sip-protocol.org", "",
         "sipher.sip-protocol.org", false, false},
        {"HTTPS://Example.COM/", true, "example.com", 443, "Example.COM", "", "example.com", false, false},
        {"https://example.com:443", true, "example.com", 443, "example.com", "", "example.com", false, false},
        {"https://example.com:80/a/b//", true, "example.com", 80, "example.com:80", "/a/b", "example.com", false,
         false},
        {"http://localhost:5006", false, "localhost", 5006, "localhost:5006", "", "localhost", false, true},
        {"http://api.LOCALHOST", false, "api.localhost", 80, "api.LOCALHOST", "", "api.localhost", false, true},
        {"http://notlocalhost", false, "notlocalhost", 80, "notlocalhost", "", "notlocalhost", false, false},
        {"http://localhost.evil.com", false, "localhost.evil.com", 80, "localhost.evil.com", "", "localhost.evil.com",
         false, false},
        {"https://localhost.:8443", true, "localhost.", 8443, "localhost.:8443", "", "localhost", false, true},
        {"https://example.com./x", true, "example.com.", 443, "example.com.", "/x", "example.com", false, false},
        {"http://127.8.9.1", false, "127.8.9.1", 80, "127.8.9.1", "", "127.8.9.1", true, true},
        {"http://128.0.0.1:65535", false, "128.0.0.1", 65535, "128.0.0.1:65535", "", "128.0.0.1", true, false},
        {"https://[::1]:8443/p", true, "::1", 8443, "[::1]:8443", "/p", "::1", true, true},
        {"https://[0:0:0:0:0:0:0:1]", true, "0:0:0:0:0:0:0:1", 443, "[0:0:0:0:0:0:0:1]", "", "0:0:0:0:0:0:0:1", true,
         true},
        {"https://[2001:DB8::1]", true, "2001:db8::1", 443, "[2001:DB8::1]", "", "2001:db8::1", true, false},
        {"https://under_score.example/a%20b", true, "under_score.example", 443, "under_score.example", "/a%20b",
         "under_score.example", false, false},
    };
    for (const row& each : rows) {
        const base_url read = parse_base_url(each.text);
        EXPECT_EQ(read.tls, each.tls) << each.text;
        EXPECT_EQ(read.host, each.host) << each.text;
        EXPECT_EQ(read.port, each.port) << each.text;
        EXPECT_EQ(read.host_field, each.host_field) << each.text;
        EXPECT_EQ(read.path_prefix, each.path_prefix) << each.text;
        EXPECT_EQ(read.server_name, each.server_name) << each.text;
        EXPECT_EQ(read.is_address, each.is_address) << each.text;
        EXPECT_EQ(read.is_loopback, each.is_loopback) << each.text;
    }
}

const std::string not_a_url =
    "base_url: must be a URL such as https://host, https://host:8443/prefix or http://[::1]:5006";
const std::string scheme = "base_url: must begin with https:// or http://";
const std::string host = "base_url: must name a host";
const std::string host_form = "base_url: must have a host of letters, digits, `-`, `_` and dots, an IPv4 address, or "
                              "an IPv6 address in brackets without a zone";
const std::string port = "base_url: must have a port from 1 to 65535, or none";

struct refused_row {
    std::string text;
    std::string message;
};

const refused_row refused[] = {
    {"", not_a_url},
    {"example.com", not_a_url},
    {"//example.com", not_a_url},
    {"https://exa mple.com", not_a_url},
    {"https://example.com/\r\nX: y", not_a_url},
    {"https://ex\xc3\xa4mple.com", not_a_url},
    {"https://[::1", not_a_url},
    {"https://[fe80::1%25eth0]", not_a_url},
    {std::string{"https://a\0b", 11}, not_a_url},
    {"ftp://example.com", scheme},
    {"localhost:5006", scheme},
    {"https:/path", host},
    {"https://", host},
    {"https:///path", host},
    {"https://:443", host},
    {"https://[v1.x]", host_form},
    {"https://ex%41mple.com", host_form},
    {"https://a..b", host_form},
    {"https://.a", host_form},
    {"https://a,b", host_form},
    {"https://" + std::string(64, 'a') + ".com", host_form},
    {"https://" + std::string(300, 'a'), host_form},
    {"https://example.com:0", port},
    {"https://example.com:65536", port},
    {"https://example.com:99999999999999999999", port},
    {"https://example.com:", port},
    {"https://user:hunter2@example.com", "base_url: must not have a user or a password"},
    {"https://@example.com", "base_url: must not have a user or a password"},
    {"https://example.com/?a=b", "base_url: must not have a query"},
    {"https://example.com/#a", "base_url: must not have a fragment"},
};

TEST(base_url, is_refused_with_the_rule_that_it_breaks)
{
    for (const refused_row& each : refused) {
        EXPECT_EQ(refusal([&] { return parse_base_url(each.text); }), each.message) << each.text;
    }
}

TEST(base_url, is_refused_under_the_name_of_its_option)
{
    EXPECT_EQ(refusal([] { return parse_base_url("ftp://x", "base_url (SIPHER_BASE_URL)"); }),
              "base_url (SIPHER_BASE_URL): must begin with https:// or http://");
}

} // namespace
