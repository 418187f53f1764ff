#include "options/base_url.hpp"

#include "call/request_fields.hpp"
#include "http1/request_serializer.hpp"
#include "options/refusal.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

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

TEST(base_url, is_split_into_its_parts)
{
    const row rows[] = {
        {"https://sipher.sip-protocol.org", true, "sipher.sip-protocol.org", 443, "sipher.sip-protocol.org", "",
         "sipher.sip-protocol.org", false, false},
        {"HTTPS://Example.COM/", true, "example.com", 443, "Example.COM", "", "example.com", false, false},
        {"https://example.com:443", true, "example.com", 443, "example.com", "", "example.com", false, false},
        {"https://example.com:80/a/b//", true, "example.com", 80, "example.com:80", "/a/b", "example.com", false,
         false},
        {"http://localhost:5006", false, "localhost", 5006, "localhost:5006", "", "localhost", false, true},
        {"https://example.com./x", true, "example.com.", 443, "example.com.", "/x", "example.com", false, false},
        {"http://127.8.9.1", false, "127.8.9.1", 80, "127.8.9.1", "", "127.8.9.1", true, true},
        {"http://128.0.0.1:65535", false, "128.0.0.1", 65535, "128.0.0.1:65535", "", "128.0.0.1", true, false},
        {"http://a:00080", false, "a", 80, "a", "", "a", false, false},
        {"https://[::1]:8443/p", true, "::1", 8443, "[::1]:8443", "/p", "::1", true, true},
        {"https://[0:0:0:0:0:0:0:1]", true, "0:0:0:0:0:0:0:1", 443, "[0:0:0:0:0:0:0:1]", "", "0:0:0:0:0:0:0:1", true,
         true},
        {"https://[2001:DB8::1]", true, "2001:db8::1", 443, "[2001:DB8::1]", "", "2001:db8::1", true, false},
        {"https://under_score.example/a%20b", true, "under_score.example", 443, "under_score.example", "/a%20b",
         "under_score.example", false, false},
        {"https://h/@:;~!$&'()*+,=.a", true, "h", 443, "h", "/@:;~!$&'()*+,=.a", "h", false, false},
        // An address at the beginning of a name does not end it.
        {"http://127.0.0.1.evil.example", false, "127.0.0.1.evil.example", 80, "127.0.0.1.evil.example", "",
         "127.0.0.1.evil.example", false, false},
        {"https://10.0.0.1.corp.example:8443/x", true, "10.0.0.1.corp.example", 8443, "10.0.0.1.corp.example:8443",
         "/x", "10.0.0.1.corp.example", false, false},
        {"http://127.0.0.1x", false, "127.0.0.1x", 80, "127.0.0.1x", "", "127.0.0.1x", false, false},
        {"http://127.0.0.1-a/", false, "127.0.0.1-a", 80, "127.0.0.1-a", "", "127.0.0.1-a", false, false},
        // Digits that are no address, because the last label is more than a number.
        {"https://1.2.3.4a", true, "1.2.3.4a", 443, "1.2.3.4a", "", "1.2.3.4a", false, false},
        {"https://0x.0xg", true, "0x.0xg", 443, "0x.0xg", "", "0x.0xg", false, false},
        {"https://1password.com", true, "1password.com", 443, "1password.com", "", "1password.com", false, false},
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

TEST(base_url, is_loopback_only_for_names_that_are_never_resolved_elsewhere)
{
    for (const char* host : {"localhost", "LOCALHOST", "LocalHost", "localhost.", "api.localhost", "API.LocalHost.",
                             "127.0.0.1.localhost", "127.0.0.1", "127.255.255.254", "[::1]", "[0000::0001]",
                             "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]", "[0:0:0:0:0:ffff:127.1.2.3]"}) {
        EXPECT_TRUE(parse_base_url(std::string{"http://"} + host).is_loopback) << host;
    }
    for (const char* host :
         {"notlocalhost", "api.notlocalhost", "localhost.evil.example", "localhost-evil", "localhost_",
          "127.0.0.1.evil.example", "126.0.0.1", "128.0.0.1", "0.0.0.0", "[::]", "[::2]", "[::127.0.0.1]",
          "[::ffff:128.0.0.1]", "[fe80::1]", "[64:ff9b::7f00:1]", "lo", "localhost.localdomain"}) {
        EXPECT_FALSE(parse_base_url(std::string{"http://"} + host).is_loopback) << host;
    }
}

const std::string not_a_url =
    "base_url: must be a URL such as https://host, https://host:8443/prefix or http://[::1]:5006";
const std::string scheme = "base_url: must begin with https:// or http://";
const std::string host = "base_url: must name a host";
const std::string host_form = "base_url: must have a host of letters, digits, `-`, `_` and dots whose last label is "
                              "not a number, an IPv4 address of four "
                              "decimal numbers, or an IPv6 address in brackets without a zone";
const std::string port = "base_url: must have a port from 1 to 65535, or none";
const std::string user = "base_url: must not have a user or a password";
const std::string query = "base_url: must not have a query";
const std::string fragment = "base_url: must not have a fragment";
const std::string path = "base_url: must have a path of letters, digits, percent-encoded bytes and -._~!$&'()*+,;=:@/";
const std::string dot_segments = "base_url: must not have a path with `.` or `..`";

/// What breaks `message`, by the kinds of the URL tests of the WHATWG.
struct refused_rows {
    std::string message;
    std::vector<std::string> texts;
};

const refused_rows refused[] = {
    // No colon; spaces, tabs, line ends, backslashes and bytes above ASCII anywhere.
    {not_a_url,
     {"",
      "example.com",
      "//example.com",
      "/path",
      "https",
      " https://example.com",
      "https://example.com ",
      "https://exa mple.com",
      "https://example.com/\r\nX: y",
      "https://ex\tample.com",
      "https://example.com\n",
      "ht\ntps://example.com",
      "http:\\\\127.0.0.1",
      "http://evil.example\\@127.0.0.1",
      "https://a\\b",
      "https://example.com:8\t443",
      "https://ex\xc3\xa4mple.com",
      "https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1",
      "https://example\xe3\x80\x82"
      "com",
      "https://ex\x7fmple.com",
      std::string{"https://a\0b", 11},
      std::string{"https://127.0.0.1\0.evil.example", 31}}},
    {scheme,
     {"ftp://example.com", "localhost:5006", "ws://example.com", "file:///etc", "://example.com", ":", "http+unix://a",
      "httpss://example.com", "127.0.0.1:80", "[::1]:80", "h%74tp://example.com"}},
    {host,
     {"https:", "https:/", "https:/path", "https:path", "https:example.com", "https://", "https:///path", "https:////a",
      "https://:443", "https://::1]", "https://?a", "https://#a"}},
    // Brackets.
    {host_form,
     {"https://[::1",

      "https://[]",
      "https://[v1.x]",
      "https://[1.2.3.4]",
      "https://[example.com]",
      "https://[::1].evil.example",
      "https://[::1]a",
      "https://[::1]]",
      "https://[[::1]]",
      "https://a[::1]",
      "https://[::1%25eth0]",
      "https://[fe80::1%25eth0]",
      "https://[fe80::1%eth0]",
      "https://[::1%2525]",
      "https://[fe80::1%251]",
      "https://[1:2:3]",
      "https://[:::]",
      "https://[::1::]",
      "https://[1:2:3:4:5:6:7:8:9]",
      "https://[::12345]",
      "https://[::g]",
      "https://[::127.0.1]",
      "https://[::127.0.0.256]",
      "https://[::127.0.0.01]",
      "https://[::ffff:0x7f.0.0.1]"}},
    // Numbers that resolvers turn into addresses, and what they could not.
    {host_form,
     {"https://0x7f.1",
      "https://2130706433",
      "https://127.1",
      "https://127.0.1",
      "https://0177.0.0.1",
      "https://127.0.0.01",
      "https://127.0.0.0x1",
      "https://0x7f000001",
      "https://0X7F.1",
      "https://017700000001",
      "https://256.0.0.1",
      "https://127.0.0.256",
      "https://1.2.3.4.5",
      "https://127.0.0.1.",
      "https://1.",
      "https://0",
      "https://0x",
      "https://0x.",
      "https://a.0",
      "https://a.09",
      "https://a.0x7f",
      "https://example.com.1",
      "https://example.com.1.",
      "https://4294967296",
      "https://00",
      "https://127.0.0.1.0x"}},
    // Dots and labels.
    {host_form,
     {"https://.", "https://..", "https://.a", "https://a..b", "https://a..", "https://..a", "https://example.com..",
      "https://.127.0.0.1", "https://127..0.1", "https://127.0.0.1..", "https://" + std::string(64, 'a') + ".com",
      "https://" + std::string(300, 'a')}},
    // Percent-encoding and characters that hosts do not have.
    {host_form,
     {"https://ex%41mple.com",
      "https://%31%32%37.0.0.1",
      "https://127.0.0.1%00.evil.example",
      "https://%",
      "https://a%2eb",
      "https://a%20b",
      "https://a,b",
      "https://a;b",
      "https://a!b",
      "https://a*b",
      "https://*.b",
      "https://a$b",
      "https://a&b",
      "https://a'b",
      "https://(a)",
      "https://a+b",
      "https://a=b",
      "https://a~b",
      "https://<a>",
      "https://a^b",
      "https://a|b",
      "https://a`b",
      "https://{a}",
      "https://a\"b"}},
    {port,
     {"https://example.com:",
      "https://example.com:/",
      "https://example.com:0",
      "https://example.com:00",
      "https://example.com:65536",
      "https://example.com:99999999999999999999",
      "https://example.com:-1",
      "https://example.com:+1",
      "https://x:8a",
      "https://x:a",
      "https://x:0x50",
      "https://x:8.0",
      "https://x::80",
      "https://x:80:",
      "http://127.0.0.1:80:80",
      "http://127.0.0.1:80.evil.example",
      "http://[::1]:",
      "http://[::1]:x",
      "http://[::1]:80:80",
      "https://fe80::1"}},
    {user,
     {"https://user:hunter2@example.com", "https://@example.com", "https://:@example.com", "https://user@",
      "http://127.0.0.1@evil.example", "http://127.0.0.1:80@evil.example", "http://localhost:hunter2@evil.example/x",
      "https://a@b@c", "https://[::1]@evil.example", "https://a%40b@c"}},
    {query, {"https://example.com/?a=b", "https://example.com?a", "https://example.com/a?", "https://a?b#c"}},
    {fragment, {"https://example.com/#a", "https://example.com#", "https://a#b?c", "https://a/b#c"}},
    {path,
     {"https://a/b%", "https://a/b%2", "https://a/b%zz", "https://a/<b>", "https://a/b\"c", "https://a/b^c",
      "https://a/{b}", "https://a/b|c", "https://a/b`c", "https://a/[b]"}},
    {dot_segments,
     {"https://a/.", "https://a/..", "https://a/b/../c", "https://a/./b", "https://a/%2e%2E/b", "https://a/b/.%2e"}},
};

TEST(base_url, is_refused_with_the_rule_that_it_breaks)
{
    for (const auto& [message, texts] : refused) {
        for (const std::string& text : texts) {
            const std::string complaint = refusal([&] { return parse_base_url(text); });
            EXPECT_EQ(complaint, message) << text;
            EXPECT_EQ(complaint.find("hunter2"), std::string::npos);
        }
    }
}

TEST(base_url, is_what_requests_are_addressed_to)
{
    const std::pair<std::string, std::string> rows[] = {
        {"https://Example.COM", "POST /v1/x HTTP/1.1\r\nHost: Example.COM\r\n"},
        {"http://a:8080/b/c/", "POST /b/c/v1/x HTTP/1.1\r\nHost: a:8080\r\n"},
        {"http://[::1]:80//", "POST /v1/x HTTP/1.1\r\nHost: [::1]\r\n"},
        {"https://10.0.0.1.corp.example:8443/x", "POST /x/v1/x HTTP/1.1\r\nHost: 10.0.0.1.corp.example:8443\r\n"},
        {"http://127.0.0.1.evil.example", "POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n"},
    };
    for (const auto& [text, beginning] : rows) {
        const sipher::client_options options;
        const base_url url = parse_base_url(text);
        const sipher::detail::request_fields fields{options, url};
        sipher::secret own;
        sipher::detail::request_view request;
        request.method = sipher::verb::post;
        request.path_prefix = url.path_prefix;
        request.target = "/v1/x";
        request.fields = fields.of({}, {}, {}, own);
        sipher::detail::wiped_buffer written;
        serialize(request, written);
        EXPECT_TRUE(written.view().starts_with(beginning)) << written.view();
    }
}

TEST(base_url, is_refused_under_the_name_of_its_option)
{
    EXPECT_EQ(refusal([] { return parse_base_url("ftp://x", "base_url (SIPHER_BASE_URL)"); }),
              "base_url (SIPHER_BASE_URL): must begin with https:// or http://");
}

} // namespace
