#include "options/proxy.hpp"
#include "options/refusal.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace sipher::test {
namespace {

using detail::choose_proxy;
using detail::parse_base_url;
using detail::proxy_kind;

/// Sets a variable for as long as it lives.
class variable {
public:
    variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
    ~variable() { ::unsetenv(name_); }
    variable(const variable&) = delete;
    variable& operator=(const variable&) = delete;

private:
    const char* const name_;
};

struct exclusion {
    const char* no_proxy;
    const char* server;
    bool direct;
};

class no_proxy_table : public ::testing::TestWithParam<exclusion> {};

TEST_P(no_proxy_table, decides)
{
    const auto& [no_proxy, server, direct] = GetParam();
    EXPECT_EQ(detail::is_excluded(no_proxy, parse_base_url(server)), direct) << no_proxy << " for " << server;
}

INSTANTIATE_TEST_SUITE_P(
    list, no_proxy_table,
    ::testing::Values(
        // Nothing, and everything.
        exclusion{"", "https://example.com", false}, exclusion{" , ,\t", "https://a.com", false},
        exclusion{"*", "https://example.com", true}, exclusion{"*", "https://10.0.0.1", true},
        exclusion{"a.com, *", "https://b.com", true},
        // Names: with what is below them.
        exclusion{"example.com", "https://example.com", true},
        exclusion{"example.com", "https://api.example.com", true},
        exclusion{"example.com", "https://a.b.example.com", true},
        exclusion{"example.com", "https://notexample.com", false},
        exclusion{"example.com", "https://example.com.org", false},
        exclusion{"example.com", "https://example.co", false}, exclusion{"example", "https://example.com", false},
        exclusion{"EXAMPLE.com", "https://Example.COM", true}, exclusion{"example.com.", "https://example.com", true},
        exclusion{"example.com", "https://example.com.", true},
        // Only what is below.
        exclusion{".example.com", "https://api.example.com", true},
        exclusion{".example.com", "https://example.com", false},
        exclusion{"*.example.com", "https://api.example.com", true},
        exclusion{"*.example.com", "https://example.com", false}, exclusion{".", "https://example.com", false},
        exclusion{"*.", "https://example.com", false}, exclusion{"ex*mple.com", "https://example.com", false},
        // Lists.
        exclusion{"a.com,b.com", "https://b.com", true}, exclusion{"a.com b.com", "https://b.com", true},
        exclusion{"a.com , b.com", "https://c.com", false},
        // Ports.
        exclusion{"example.com:443", "https://example.com", true},
        exclusion{"example.com:8443", "https://example.com", false},
        exclusion{"example.com:8443", "https://example.com:8443", true},
        exclusion{"example.com:80", "http://example.com", true},
        exclusion{".example.com:443", "https://api.example.com", true},
        exclusion{"example.com:", "https://example.com", true},
        // Addresses.
        exclusion{"10.0.0.1", "https://10.0.0.1", true}, exclusion{"10.0.0.1", "https://10.0.0.10", false},
        exclusion{"0.0.1", "https://10.0.0.1", false}, exclusion{"10.0.0.1:443", "https://10.0.0.1", true},
        exclusion{"10.0.0.1:80", "https://10.0.0.1", false}, exclusion{"::1", "https://[::1]", true},
        exclusion{"[::1]", "https://[::1]", true}, exclusion{"[::1]:443", "https://[::1]", true},
        exclusion{"[::1]:80", "https://[::1]", false}, exclusion{"0:0:0:0:0:0:0:1", "https://[::1]", true},
        exclusion{"10.0.0.1", "https://[::ffff:10.0.0.1]", true},
        // Networks.
        exclusion{"10.0.0.0/8", "https://10.200.3.4", true}, exclusion{"10.0.0.0/8", "https://11.0.0.1", false},
        exclusion{"10.1.2.3/8", "https://10.200.3.4", true}, exclusion{"192.168.1.0/24", "https://192.168.1.255", true},
        exclusion{"192.168.1.0/24", "https://192.168.2.0", false}, exclusion{"0.0.0.0/0", "https://8.8.8.8", true},
        exclusion{"10.0.0.1/32", "https://10.0.0.1", true}, exclusion{"fd00::/8", "https://[fd12::1]", true},
        exclusion{"fd00::/8", "https://[fe80::1]", false}, exclusion{"10.0.0.0/8", "https://[fd12::1]", false},
        exclusion{"10.0.0.0/33", "https://10.0.0.1", false}, exclusion{"10.0.0.0/", "https://10.0.0.1", false},
        // Lengths in brackets and with ports; an IPv4 network in IPv6 clothes.
        exclusion{"[fd00::]/8", "https://[fd12::1]", true}, exclusion{"[fd00::]/16", "https://[fd12::1]", false},
        exclusion{"[fd00::]/8:443", "https://[fd12::1]", true}, exclusion{"[fd00::]/8:80", "https://[fd12::1]", false},
        exclusion{"fd00::/8:80", "http://[fd12::1]", true}, exclusion{"10.0.0.0/8:443", "https://10.9.9.9", true},
        exclusion{"10.0.0.0/8:80", "https://10.9.9.9", false},
        exclusion{"::ffff:10.0.0.0/104", "https://10.9.9.9", true},
        exclusion{"::ffff:10.0.0.0/104", "https://11.9.9.9", false},
        exclusion{"10.0.0.0/8", "https://[::ffff:10.9.9.9]", true}, exclusion{"::/0", "https://[fd12::1]", true},
        exclusion{"::/0", "https://10.9.9.9", false}, exclusion{"0.0.0.0/0", "https://[fd12::1]", false},
        exclusion{"[fd00::]", "https://[fd12::1]", false},
        // What is no network names nothing.
        exclusion{"10.0.0.0/99", "https://10.0.0.0", false}, exclusion{"10.0.0.0/99", "https://10.0.0.1", false},
        exclusion{"10.0.0.0/-1", "https://10.0.0.0", false}, exclusion{"10.0.0.0/8x", "https://10.0.0.0", false},
        exclusion{"10.0.0.0/0x8", "https://10.0.0.0", false}, exclusion{"10.0.0.0/8/8", "https://10.0.0.0", false},
        exclusion{"10.0.0.0/4294967304", "https://10.0.0.0", false}, exclusion{"10/8", "https://10.0.0.1", false},
        exclusion{"10.0.0/8", "https://10.0.0.1", false}, exclusion{"/8", "https://10.0.0.1", false},
        exclusion{"fd00::/129", "https://[fd00::]", false}, exclusion{"[fd00::]/", "https://[fd00::]", false},
        exclusion{"[10.0.0.0]/33", "https://10.0.0.0", false}, exclusion{"[::1]x", "https://[::1]", false},
        exclusion{"[::1", "https://[::1]", false}, exclusion{"::ffff:10.0.0.0/8", "https://10.0.0.0", false},
        exclusion{"fe80::1%1/8", "https://[fe80::1]", false}, exclusion{"::1%1", "https://[::1]", false},
        exclusion{"example.com/8", "https://example.com", false},
        exclusion{"https://example.com", "https://example.com", false},
        // A name that begins like an address is a name.
        exclusion{"10.0.0.0/8", "https://10.0.0.1.evil.example", false},
        exclusion{"10.0.0.1", "https://10.0.0.1.evil.example", false},
        exclusion{"0.0.0.0/0", "https://127.0.0.1.evil.example:8443", false},
        exclusion{"evil.example", "https://10.0.0.1.evil.example", true},
        // A network is of addresses: what a name stands for is not asked.
        exclusion{"10.0.0.0/8", "https://ten.example.com", false}, exclusion{"127.0.0.1", "https://localhost", false}));

/// From the tests of Go's golang.org/x/net/http/httpproxy: the servers that this list leaves to the proxy, or does not.
TEST(no_proxy, agrees_with_go)
{
    const std::string list = "foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, "
                             "10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, "
                             "2002:db8:a::45/64";
    for (const char* const host :
         {"192.168.1.1", "192.168.1.3", "10.0.0.2", "[2001:db8::52:0:1]", "[2001:db8::52:0:3]", "[2002:db8:a::123]",
          "www.barbaz.net", "foobar.com", "www.foobar.com", "nested.wildcard.io"}) {
        EXPECT_TRUE(detail::is_excluded(list, parse_base_url(std::string{"http://"} + host))) << host;
    }
    for (const char* const host :
         {"[::2]", "192.168.1.2", "192.168.1.4", "[2001:db8::52:0:2]", "[fe80::424b:c8be:1643:a1b6]", "barbaz.net",
          "foofoobar.com", "baz.com", "localhost.net", "local.localhost", "barbarbaz.net", "wildcard.io",
          "awildcard.io"}) {
        EXPECT_FALSE(detail::is_excluded(list, parse_base_url(std::string{"http://"} + host))) << host;
    }
}

TEST(no_proxy, an_impossible_network_is_refused_where_it_was_not_left_to_the_environment)
{
    const auto refusal_of = [](std::string list) {
        client_options options;
        options.proxy.no_proxy = std::move(list);
        return refusal([&] { options.validate(); });
    };
    EXPECT_EQ(refusal_of("*, a.com, .b.com:80, [::1]:80, 10.0.0.0/8 fd00::/8:443\t[fd00::]/8, 0.0.0.0/0, a*b"),
              "accepted");
    EXPECT_EQ(refusal_of("a.com,10.0.0.0/99, b.com"),
              "proxy.no_proxy: has `10.0.0.0/99`, which is not a network: an IPv4 address and a length up to 32, or an "
              "IPv6 address and a length up to 128");
    for (const char* const entry :
         {"10.0.0.0/", "10.0.0/8", "10.0.0.0/33", "fd00::/129", "[fd00::]/129", "example.com/8", "10.0.0.0/8/8",
          "http://example.com", "/", "::ffff:10.0.0.0/8", "10.0.0.0/4294967304"}) {
        EXPECT_TRUE(refusal_of(entry).starts_with("proxy.no_proxy: has `")) << entry;
    }
    const variable environment{"NO_PROXY", "10.0.0.0/99"};
    const variable proxy{"https_proxy", "http://proxy:3128"};
    client_options options;
    options.proxy.use_environment = true;
    EXPECT_EQ(refusal([&] { options.validate(); }), "accepted");
}

TEST(proxy_test, there_is_none_by_default)
{
    const variable set{"https_proxy", "http://proxy:3128"};
    EXPECT_FALSE(choose_proxy({}, parse_base_url("https://example.com")));
}

TEST(proxy_test, the_url_with_its_parts)
{
    proxy_options options;
    options.url = "http://us%40er:pass%3Aword@Proxy.Example:3128/";
    const auto route = choose_proxy(options, parse_base_url("https://example.com"));
    ASSERT_TRUE(route);
    EXPECT_EQ(route->kind, proxy_kind::http);
    EXPECT_EQ(route->at.host, "proxy.example");
    EXPECT_EQ(route->at.port, 3128);
    EXPECT_EQ(route->name, "Proxy.Example:3128");
    EXPECT_EQ(route->username.reveal(), "us@er");
    EXPECT_EQ(route->password.reveal(), "pass:word");
}

struct kind_of_proxy {
    const char* url;
    proxy_kind kind;
    const char* name;
};

class proxy_kinds : public ::testing::TestWithParam<kind_of_proxy> {};

TEST_P(proxy_kinds, follow_from_the_scheme)
{
    proxy_options options;
    options.url = GetParam().url;
    const auto route = choose_proxy(options, parse_base_url("https://example.com"));
    ASSERT_TRUE(route);
    EXPECT_EQ(route->kind, GetParam().kind);
    EXPECT_EQ(route->name, GetParam().name);
    EXPECT_TRUE(route->name.ends_with(":" + std::to_string(route->at.port)));
}

INSTANTIATE_TEST_SUITE_P(table, proxy_kinds,
                         ::testing::Values(kind_of_proxy{"proxy", proxy_kind::http, "proxy:80"},
                                           kind_of_proxy{"http://proxy", proxy_kind::http, "proxy:80"},
                                           kind_of_proxy{"http://proxy:80", proxy_kind::http, "proxy:80"},
                                           kind_of_proxy{"HTTP://proxy:443/", proxy_kind::http, "proxy:443"},
                                           kind_of_proxy{"https://proxy", proxy_kind::https, "proxy:443"},
                                           kind_of_proxy{"https://[::1]:80", proxy_kind::https, "[::1]:80"},
                                           kind_of_proxy{"socks5://proxy", proxy_kind::socks5, "proxy:1080"},
                                           kind_of_proxy{"Socks5H://u:p@proxy:80", proxy_kind::socks5h, "proxy:80"},
                                           kind_of_proxy{"socks5h://[::1]", proxy_kind::socks5h, "[::1]:1080"}));

TEST(proxy_test, a_scheme_can_be_left_out_and_80_is_the_usual_port)
{
    proxy_options options;
    options.url = "proxy";
    const auto route = choose_proxy(options, parse_base_url("https://example.com"));
    ASSERT_TRUE(route);
    EXPECT_EQ(route->at.host, "proxy");
    EXPECT_EQ(route->at.port, 80);
    EXPECT_FALSE(route->has_credentials());
}

TEST(proxy_test, options_win_over_what_the_url_says)
{
    proxy_options options;
    options.url = "http://a:b@[::1]:3128";
    options.username = "user";
    options.password = secret{"word"};
    const auto route = choose_proxy(options, parse_base_url("https://example.com"));
    ASSERT_TRUE(route);
    EXPECT_EQ(route->at.host, "::1");
    EXPECT_EQ(route->username.reveal(), "user");
    EXPECT_EQ(route->password.reveal(), "word");
}

TEST(proxy_test, user_and_password_may_come_from_different_options_but_belong_together)
{
    const auto credentials = [](const char* url, const char* username, const char* password) {
        proxy_options options;
        options.url = url;
        options.username = username;
        options.password = password;
        const auto route = choose_proxy(options, parse_base_url("https://example.com"));
        return std::string{route.value().username.reveal()} + "/" + std::string{route.value().password.reveal()};
    };
    EXPECT_EQ(credentials("http://user@proxy", "", "word"), "user/word");
    EXPECT_EQ(credentials("http://user:@proxy", "", "word"), "user/word");
    EXPECT_EQ(credentials("http://user:old@proxy", "", "new"), "user/new");
    EXPECT_EQ(credentials("http://user:old@proxy", "other", ""), "other/");
    EXPECT_EQ(credentials("http://proxy", "", "word"), "/word");
    EXPECT_EQ(credentials("http://:word@proxy", "", ""), "/word");
}

TEST(proxy_test, an_unusable_credential_is_refused_by_the_option_that_it_comes_from)
{
    const auto refused = [](const char* url, const std::string& username, const std::string& password) {
        proxy_options options;
        options.url = url;
        options.username = username;
        options.password = secret{password};
        return refusal([&] { static_cast<void>(choose_proxy(options, parse_base_url("https://example.com"))); });
    };
    EXPECT_EQ(refused("http://a%3ab@proxy", "", ""), "proxy.url: must give a user of visible ASCII without a colon");
    EXPECT_EQ(refused("http://proxy", "a:b", ""), "proxy.username: must give a user of visible ASCII without a colon");
    EXPECT_EQ(refused("http://user@proxy", "", "\x01"), "proxy.password: must give a password of visible ASCII");
    const std::string too_long(256, 'x');
    EXPECT_EQ(refused("socks5h://user:word@proxy", too_long, ""),
              "proxy.username: must give a user of at most 255 bytes");
    EXPECT_EQ(refused("socks5h://user@proxy", "", too_long),
              "proxy.password: must give a password of at most 255 bytes");
    EXPECT_EQ(refused("socks5h://:word@proxy", "", ""), "proxy.url: must not give a password without a user");
    EXPECT_EQ(refused("socks5h://proxy", "", "word"), "proxy.password: must not give a password without a user");
}

TEST(proxy_test, excluded_servers_are_reached_directly)
{
    proxy_options options;
    options.url = "http://proxy:3128";
    options.no_proxy = "example.com";
    EXPECT_FALSE(choose_proxy(options, parse_base_url("https://example.com")));
    EXPECT_TRUE(choose_proxy(options, parse_base_url("https://example.org")));
}

TEST(proxy_test, the_environment_by_permission_only)
{
    proxy_options options;
    options.use_environment = true;
    const variable for_https{"HTTPS_PROXY", "http://secure:1"};
    const variable for_http{"http_proxy", "http://plain:2"};
    const variable cgi{"HTTP_PROXY", "http://anybody:3"};
    const variable exclusions{"NO_PROXY", "direct.com"};
    EXPECT_EQ(choose_proxy(options, parse_base_url("https://example.com")).value().name, "secure:1");
    EXPECT_EQ(choose_proxy(options, parse_base_url("http://example.com")).value().name, "plain:2");
    EXPECT_FALSE(choose_proxy(options, parse_base_url("https://direct.com")));
    EXPECT_FALSE(choose_proxy(options, parse_base_url("https://localhost")));
    EXPECT_FALSE(choose_proxy(options, parse_base_url("https://127.0.0.1")));
    EXPECT_FALSE(choose_proxy(options, parse_base_url("https://[::ffff:127.0.0.1]")));
    EXPECT_TRUE(choose_proxy(options, parse_base_url("https://127.0.0.1.evil.example")));
    EXPECT_FALSE(choose_proxy(options, parse_base_url("https://api.localhost")));
    options.no_proxy = "example.com";
    EXPECT_FALSE(choose_proxy(options, parse_base_url("https://example.com")));
    EXPECT_TRUE(choose_proxy(options, parse_base_url("https://direct.com")));
}

TEST(proxy_test, an_unusable_proxy_does_not_matter_where_none_is_used)
{
    proxy_options options;
    options.use_environment = true;
    const variable everywhere{"ALL_PROXY", "socks4://proxy:1080"};
    EXPECT_EQ(
        refusal([&] { static_cast<void>(choose_proxy(options, parse_base_url("https://example.com"))); }).substr(0, 16),
        "ALL_PROXY: must ");
    EXPECT_FALSE(choose_proxy(options, parse_base_url("https://localhost")));
    for (const char* const exclusions : {"*", "example.com", ".com"}) {
        const variable excluded{"NO_PROXY", exclusions};
        EXPECT_FALSE(choose_proxy(options, parse_base_url("https://example.com"))) << exclusions;
    }
}

TEST(proxy_test, an_upper_case_http_proxy_is_not_trusted)
{
    proxy_options options;
    options.use_environment = true;
    const variable cgi{"HTTP_PROXY", "http://anybody:3"};
    EXPECT_FALSE(choose_proxy(options, parse_base_url("http://example.com")));
}

TEST(proxy_test, an_unusable_proxy_is_refused_by_name_without_its_password)
{
    for (const char* const url :
         {"socks4://user:hunter2@proxy", "socks://user:hunter2@proxy", "ftp://user:hunter2@proxy", "http://",
          "http://user:hunter2@proxy:0", "http://user:hunter2@proxy/path", "http://user:hunter2@proxy?q",
          "http://user:hunter2@proxy#f", "http://a b", "socks5://:hunter2@proxy", "http://us%3Aer:hunter2@proxy"}) {
        client_options options;
        options.proxy.url = url;
        const std::string message = refusal([&] { options.validate(); });
        EXPECT_TRUE(message.starts_with("proxy.url: must ")) << url << ": " << message;
        EXPECT_EQ(message.find("hunter2"), std::string::npos) << message;
    }
}

} // namespace
} // namespace sipher::test
