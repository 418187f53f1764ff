#include <sipher/client_options.hpp>

#include "options/origin.hpp"
#include "options/refusal.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>

namespace {

using namespace std::chrono_literals;
using sipher::client_options;
using sipher::secret;
using sipher::test::refusal;

/// What `validate` says about the default options after `change`.
template <class Change>
std::string with(Change change)
{
    client_options options;
    change(options);
    return refusal([&] { options.validate(); });
}

/// Environment variables for the time of a test.
class environment : public testing::Test {
protected:
    void SetUp() override { clear(); }
    void TearDown() override { clear(); }

    static void clear()
    {
        for (const char* name : {"SIPHER_API_KEY", "SIPHER_BASE_URL", "SIPHER_CA_FILE"}) {
            ::unsetenv(name);
        }
    }
};

TEST(client_options, are_valid_by_default)
{
    EXPECT_EQ(with([](client_options&) {}), "accepted");
    EXPECT_EQ(with([](client_options& it) { it.api_key = "sk_1"; }), "accepted");
}

TEST(client_options, name_the_limit_that_is_wrong)
{
    EXPECT_EQ(with([](auto& it) { it.pool.max_connections = 0; }), "pool.max_connections: must be at least 1");
    EXPECT_EQ(with([](auto& it) { it.pool.max_waiting = 0; }), "accepted");
    EXPECT_EQ(with([](auto& it) { it.limits.header_size = 0; }), "limits.header_size: must be at least 1");
    EXPECT_EQ(with([](auto& it) { it.limits.header_fields = 0; }), "limits.header_fields: must be at least 1");
    EXPECT_EQ(with([](auto& it) { it.limits.body_size = 0; }), "limits.body_size: must be at least 1");
    EXPECT_EQ(with([](auto& it) { it.retry.max_attempts = 0; }), "retry.max_attempts: must be at least 1");
    EXPECT_EQ(with([](auto& it) { it.retry.budget = 0; }), "accepted");
}

TEST(client_options, name_the_duration_that_is_wrong)
{
    EXPECT_EQ(with([](auto& it) { it.pool.idle_timeout = -1ms; }), "pool.idle_timeout: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.pool.max_lifetime = -1ms; }), "pool.max_lifetime: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.timeouts.total = -1ms; }), "timeouts.total: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.timeouts.queue = -1ms; }), "timeouts.queue: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.timeouts.quota_source = -1ms; }), "timeouts.quota_source: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.timeouts.attempt = -1ms; }), "timeouts.attempt: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.timeouts.connect = -1ms; }), "timeouts.connect: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.timeouts.tls_handshake = -1ms; }), "timeouts.tls_handshake: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.retry.base_delay = -1ms; }), "retry.base_delay: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.timeouts.total = std::chrono::milliseconds::max(); }),
              "timeouts.total: must be at most 365 days");
    EXPECT_EQ(with([](auto& it) {
                  it.pool.idle_timeout = it.pool.max_lifetime = 0ms;
                  it.timeouts.total = it.timeouts.attempt = it.timeouts.connect = it.timeouts.tls_handshake = 0ms;
                  it.retry.base_delay = it.retry.throttled_base_delay = it.retry.max_delay = 0ms;
              }),
              "accepted");
}

TEST(client_options, that_contradict_each_other_are_refused)
{
    EXPECT_EQ(with([](auto& it) {
                  it.rate_gate = false;
                  it.rate_pacing = sipher::rate_pacing::window;
              }),
              "rate_pacing: must not be window without rate_gate");
    EXPECT_EQ(with([](auto& it) {
                  it.rate_gate = false;
                  it.rate_pacing = sipher::rate_pacing::day;
              }),
              "accepted");
    EXPECT_EQ(with([](auto& it) { it.pool.max_idle = it.pool.max_connections + 1; }),
              "pool.max_idle: must be at most pool.max_connections");
    EXPECT_EQ(with([](auto& it) { it.pool.max_idle = it.pool.max_connections; }), "accepted");
    EXPECT_EQ(with([](auto& it) { it.retry.base_delay = it.retry.max_delay + 1ms; }),
              "retry.base_delay: must be at most retry.max_delay");
}

TEST(client_options, name_what_is_wrong_about_tls)
{
    EXPECT_EQ(with([](auto& it) { it.tls.ca_file = it.tls.ca_pem = "x"; }),
              "tls.ca_pem: must not be set together with tls.ca_file");
    EXPECT_EQ(with([](auto& it) { it.tls.certificate_file = "c"; }),
              "tls.private_key_file: must be set when tls.certificate_file is");
    EXPECT_EQ(with([](auto& it) { it.tls.private_key_file = "k"; }),
              "tls.certificate_file: must be set when tls.private_key_file is");
    EXPECT_EQ(with([](auto& it) { it.tls.certificate_file = it.tls.private_key_file = "both"; }), "accepted");
    EXPECT_EQ(with([](auto& it) { it.tls.minimum_version = 11; }),
              "tls.minimum_version: must be 12 (TLS 1.2) or 13 (TLS 1.3)");
    EXPECT_EQ(with([](auto& it) { it.tls.minimum_version = 13; }), "accepted");
}

TEST(client_options, take_a_host_as_server_name)
{
    for (const char* name : {"api.example.com", "API.example.com", "api.example.com.", "localhost", "::1", "10.0.0.1",
                             "2001:DB8::1", "xn--bcher-kva.example", "a_b.example", "10.0.0.1.example"}) {
        EXPECT_EQ(with([&](auto& it) { it.tls.server_name = name; }), "accepted") << name;
    }
    for (const std::string& name : {std::string{".example.test"},
                                    std::string{"."},
                                    std::string{".."},
                                    std::string{"a..b"},
                                    std::string{"example.test.."},
                                    std::string{"*.example.test"},
                                    std::string{"a b"},
                                    std::string{"https://host"},
                                    std::string{"host:443"},
                                    std::string{"[::1]"},
                                    std::string{"a\n"},
                                    std::string{"a\0b", 3},
                                    std::string{"10.0.0.1\0.example", 17},
                                    std::string{"::1%lo"},
                                    std::string{":"},
                                    std::string{"1.2.3"},
                                    std::string{"0x7f.1"},
                                    std::string{"10.0.0.1."},
                                    std::string{"b\xc3\xbc"
                                                "cher.example"},
                                    std::string(64, 'a'),
                                    std::string{"a/b"},
                                    std::string{"user@host"}}) {
        EXPECT_EQ(with([&](auto& it) { it.tls.server_name = name; }),
                  "tls.server_name: must be a host name or an address, without port and brackets")
            << name;
    }
}

TEST(client_options, never_send_a_key_in_the_clear_unless_allowed)
{
    const std::string rule = "base_url: must be https: over plain http to another machine anyone on the path can read "
                             "the API key (allow_plaintext_credentials permits it)";
    EXPECT_EQ(with([](auto& it) {
                  it.base_url = "http://example.com";
                  it.api_key = "sk_1";
              }),
              rule);
    EXPECT_EQ(with([](auto& it) {
                  it.base_url = "http://example.com";
                  it.api_key_provider = [] { return secret{"sk_1"}; };
              }),
              rule);
    EXPECT_EQ(with([](auto& it) {
                  it.base_url = "http://example.com";
                  it.api_key = "sk_1";
                  it.allow_plaintext_credentials = true;
              }),
              "accepted");
    EXPECT_EQ(with([](auto& it) { it.base_url = "http://example.com"; }), "accepted");
    for (const char* url : {"http://127.0.0.1.evil.example", "http://localhost.example",
                            "http://127.0.0.1-a.example:80/x", "http://0.0.0.0", "http://[::ffff:8.8.8.8]"}) {
        EXPECT_EQ(with([&](auto& it) {
                      it.base_url = url;
                      it.api_key = "sk_1";
                  }),
                  rule)
            << url;
    }
    for (const char* url : {"http://[::1].evil.example", "http://127.0.0.1:80.evil.example",
                            "http://127.0.0.1@evil.example", "http://0x7f.1", "http://2130706433", "http://127.1",
                            "http://[::1%25lo]", "http://127.0.0.1\\@evil.example"}) {
        const std::string refused = with([&](auto& it) {
            it.base_url = url;
            it.api_key = "sk_1";
        });
        EXPECT_TRUE(refused.starts_with("base_url: must ")) << url << ": " << refused;
        EXPECT_NE(refused, rule) << url << " is nothing to permit";
    }
    for (const char* url : {"http://localhost:5006", "http://api.localhost:5006", "http://127.0.0.1", "http://[::1]:80",
                            "http://[::ffff:127.0.0.1]"}) {
        EXPECT_EQ(with([&](auto& it) {
                      it.base_url = url;
                      it.api_key = "sk_1";
                  }),
                  "accepted")
            << url;
    }
}

TEST(client_options, do_not_give_a_key_in_the_clear_to_a_proxy_on_another_machine)
{
    const auto through = [](const char* proxy, const char* base_url = "http://localhost:8080") {
        return with([=](auto& it) {
            it.base_url = base_url;
            it.api_key = "key";
            it.proxy.url = proxy;
        });
    };
    const std::string rule = "proxy.url: is another machine, which can read the API key that is sent over plain http "
                             "(allow_plaintext_credentials permits it)";
    EXPECT_EQ(through("http://proxy.example:3128"), rule);
    EXPECT_EQ(through("https://proxy.example:3128"), rule);
    EXPECT_EQ(through("socks5h://proxy.example:1080"), rule);
    EXPECT_EQ(through("http://127.0.0.1:3128"), "accepted");
    EXPECT_EQ(through("http://proxy.example:3128", "https://api.example"), "accepted");
}

TEST(client_options, take_one_source_of_keys_and_do_not_call_it_yet)
{
    EXPECT_EQ(with([](auto& it) {
                  it.api_key = "sk_1";
                  it.api_key_provider = [] { return secret{"sk_2"}; };
              }),
              "api_key_provider: must not be set together with api_key");
    bool called = false;
    EXPECT_EQ(with([&](auto& it) {
                  it.api_key_provider = [&] {
                      called = true;
                      return secret{};
                  };
              }),
              "accepted");
    EXPECT_FALSE(called);
}

TEST(client_options, refuse_a_key_that_would_break_a_header_without_showing_it)
{
    EXPECT_EQ(with([](auto& it) { it.api_key = "sk_1\r\nX: y"; }),
              "api_key: must be visible ASCII without spaces and line ends");
}

TEST(client_options, check_headers_user_agent_and_url)
{
    EXPECT_EQ(with([](auto& it) { it.default_headers = {{"X-Team", "a"}}; }), "accepted");
    EXPECT_EQ(with([](auto& it) {
                  it.default_headers = {{"X-API-Key", "sk_1"}};
              }),
              "default_headers[X-API-Key]: is set by the client; use client_options::api_key and scheme");
    EXPECT_EQ(with([](auto& it) { it.user_agent = "agent/1 (x)"; }), "accepted");
    EXPECT_EQ(with([](auto& it) { it.user_agent = "a\r\nb"; }), "user_agent: must be visible ASCII and spaces");
    EXPECT_EQ(with([](auto& it) { it.base_url = "ftp://x"; }), "base_url: must begin with https:// or http://");
}

TEST_F(environment, is_optional)
{
    const client_options defaults;
    ::setenv("SIPHER_BASE_URL", "", 1);
    const client_options options = client_options::from_environment();
    EXPECT_EQ(options.base_url, defaults.base_url);
    EXPECT_TRUE(options.api_key.empty());
    EXPECT_EQ(options.tls.ca_file, "");
}

TEST_F(environment, provides_key_url_and_authorities)
{
    ::setenv("SIPHER_API_KEY", "sk_1", 1);
    ::setenv("SIPHER_BASE_URL", "https://localhost:8443", 1);
    ::setenv("SIPHER_CA_FILE", "/tmp/ca.pem", 1);
    const client_options options = client_options::from_environment();
    EXPECT_EQ(options.api_key.reveal(), "sk_1");
    EXPECT_EQ(options.base_url, "https://localhost:8443");
    EXPECT_EQ(options.tls.ca_file, "/tmp/ca.pem");
    EXPECT_EQ(refusal([&] { options.validate(); }), "accepted");
}

TEST_F(environment, is_named_as_the_origin_only_of_what_came_from_it)
{
    ::setenv("SIPHER_API_KEY", "sk_1", 1);
    ::setenv("SIPHER_BASE_URL", "https://localhost:8443", 1);
    ::setenv("SIPHER_CA_FILE", "/tmp/ca.pem", 1);
    client_options options = client_options::from_environment();
    EXPECT_EQ(sipher::detail::origin_of_base_url(options), "base_url (SIPHER_BASE_URL)");
    EXPECT_EQ(sipher::detail::origin_of_key(options), "api_key (SIPHER_API_KEY)");
    EXPECT_EQ(sipher::detail::origin_of_ca_file(options.tls), "tls.ca_file (SIPHER_CA_FILE)");
    options.base_url = "https://localhost:8444";
    options.api_key = "sk_2";
    EXPECT_EQ(sipher::detail::origin_of_base_url(options), "base_url");
    options.tls.ca_file = "/tmp/another.pem";
    EXPECT_EQ(sipher::detail::origin_of_key(options), "api_key");
    EXPECT_EQ(sipher::detail::origin_of_ca_file(options.tls), "tls.ca_file");
    options.api_key_provider = [] { return secret{"sk_1"}; };
    EXPECT_EQ(sipher::detail::origin_of_key(options), "api_key_provider");
}

TEST_F(environment, is_named_when_what_it_says_is_wrong)
{
    ::setenv("SIPHER_API_KEY", "sk_1\n", 1);
    EXPECT_EQ(refusal([] { client_options::from_environment().validate(); }),
              "api_key (SIPHER_API_KEY): must be visible ASCII without spaces and line ends");
    ::setenv("SIPHER_API_KEY", "sk_1", 1);
    ::setenv("SIPHER_BASE_URL", "nonsense", 1);
    EXPECT_EQ(refusal([] { client_options::from_environment().validate(); }),
              "base_url (SIPHER_BASE_URL): must be a URL such as https://host, https://host:8443/prefix or "
              "http://[::1]:5006");
}

} // namespace
