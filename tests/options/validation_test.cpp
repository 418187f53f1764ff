#include "options/validation.hpp"

#include "options/refusal.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace sipher::detail;
using sipher::test::refusal;

TEST(validation, takes_a_time_to_live_that_the_service_takes)
{
    const std::string rule = "time_to_live: must be from 60 to 86400 seconds, or zero to leave it to the service";
    for (const auto value : {0s, 60s, 3600s, 86'400s}) {
        EXPECT_EQ(refusal([&] { validate_time_to_live(value); }), "accepted") << value.count();
    }
    for (const auto value : {-1s, 1s, 59s, 86'401s, std::chrono::seconds::max(), std::chrono::seconds::min()}) {
        EXPECT_EQ(refusal([&] { validate_time_to_live(value); }), rule) << value.count();
    }
}

TEST(validation, takes_only_hexadecimal_viewing_keys_and_never_repeats_one)
{
    sipher::session_defaults defaults;
    EXPECT_EQ(refusal([&] { validate_defaults(defaults); }), "accepted");
    for (const char* key : {"0x0", "0xabcdefABCDEF0123456789"}) {
        defaults.default_viewing_key = sipher::secret{key};
        EXPECT_EQ(refusal([&] { validate_defaults(defaults); }), "accepted") << key;
    }
    for (const char* key : {"", "0x", "abcd", "0X12", "0x12g", "0x 12", "0x12\n", "x"}) {
        defaults.default_viewing_key = sipher::secret{key};
        EXPECT_EQ(refusal([&] { validate_defaults(defaults); }),
                  "defaults.default_viewing_key: must be `0x` and at least one hexadecimal digit")
            << key;
    }
}

TEST(validation, takes_headers_that_are_well_formed)
{
    for (const char* value : {"", "plain", "with\ttab and space", "\xc3\xa4"}) {
        EXPECT_EQ(refusal([&] { validate_header("X-Custom", value, "headers"); }), "accepted") << value;
    }
    EXPECT_EQ(refusal([] { validate_header("!#$%&'*+-.^_`|~09azAZ", "v", "headers"); }), "accepted");
    EXPECT_EQ(refusal([] { validate_header("Accept", "application/json", "headers"); }), "accepted");
}

TEST(validation, refuses_header_names_that_are_no_token)
{
    const std::string rule = "the name must be an HTTP token: letters, digits and !#$%&'*+-.^_`|~";
    EXPECT_EQ(refusal([] { validate_header("", "v", "headers"); }), "headers[]: " + rule);
    EXPECT_EQ(refusal([] { validate_header("a b", "v", "headers"); }), "headers[a b]: " + rule);
    EXPECT_EQ(refusal([] { validate_header("a\r\nb", "v", "headers"); }), "headers[a b]: " + rule);
    for (const char letter : std::string{"\"(),/:;<=>?@[\\]{}\x7f\x80\t\0", 20}) {
        const std::string name = std::string{"a"} + letter;
        EXPECT_NE(refusal([&] { validate_header(name, "v", "headers"); }).find(rule), std::string::npos) << name;
    }
}

TEST(validation, refuses_header_values_with_control_characters_and_does_not_repeat_them)
{
    for (const std::string& ending : {std::string{"\r"}, std::string{"\n"}, std::string{"\0", 1}, std::string{"\x1b"},
                                      std::string{"\x7f"}, std::string{"\r\nX-API-Key: other"}}) {
        EXPECT_EQ(refusal([&] { validate_header("X-Custom", "value" + ending, "default_headers"); }),
                  "default_headers[X-Custom]: the value must not contain CR, LF, NUL or other control characters");
    }
}

TEST(validation, refuses_fields_that_the_client_sets_and_says_what_to_use)
{
    for (const char* name :
         {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade",
          "Expect", "Content-Type", "X-API-Key", "Authorization", "X-Session-Id", "X-Request-ID", "Accept-Encoding",
          "User-Agent", "Proxy-Authorization", "Proxy-Connection"}) {
        EXPECT_NE(refusal([&] { validate_header(name, "v", "headers"); }), "accepted") << name;
    }
    EXPECT_EQ(refusal([] { validate_header("x-session-ID", "v", "headers"); }),
              "headers[x-session-ID]: is set by the client; use call_options::session");
    EXPECT_EQ(refusal([] { validate_header("AUTHORIZATION", "v", "headers"); }),
              "headers[AUTHORIZATION]: is set by the client; use client_options::api_key and scheme");
    EXPECT_EQ(refusal([] { validate_header("x-request-id", "v", "headers"); }),
              "headers[x-request-id]: is set by the client; use call_options::request_id");
}

TEST(validation, takes_only_paths_as_targets)
{
    for (const char* target : {"/", "/v1/stealth/generate", "/a?b=c&d=%20", "/a//b", "/a:b@c;d,e!$'()*+~"}) {
        EXPECT_EQ(refusal([&] { validate_target(target); }), "accepted") << target;
    }
    for (const char* target : {"", "v1", "//host/path", "https://host/", "?a", "*"}) {
        EXPECT_EQ(refusal([&] { validate_target(target); }), "target: must begin with one `/`") << target;
    }
    for (const char* target : {"/a b", "/a#b", "/a\\b", "/a\r\nb", "/\xc3\xa4", "/\x7f"}) {
        EXPECT_EQ(refusal([&] { validate_target(target); }),
                  "target: must be a percent-encoded path and query: visible ASCII without `#` and `\\`")
            << target;
    }
}

TEST(validation, takes_request_ids_that_fit_into_a_header)
{
    const std::string rule = "request_id: must be at most 128 characters of visible ASCII without spaces";
    for (const std::string& id : {std::string{}, std::string{"3f2a-1"}, std::string(128, '~')}) {
        EXPECT_EQ(refusal([&] { validate_request_id(id); }), "accepted") << id;
    }
    for (const std::string& id :
         {std::string(129, 'a'), std::string{"a b"}, std::string{"a\n"}, std::string{"\xc3\xa4"}}) {
        EXPECT_EQ(refusal([&] { validate_request_id(id); }), rule) << id;
    }
}

TEST(validation, takes_keys_that_fit_into_a_header_and_never_repeats_one)
{
    EXPECT_EQ(refusal([] { validate_api_key(sipher::secret{}, "api_key"); }), "accepted");
    EXPECT_EQ(refusal([] { validate_api_key(sipher::secret{"sk_live-1.~!"}, "api_key"); }), "accepted");
    for (const std::string& key :
         {std::string{"key\n"}, std::string{"k ey"}, std::string{"k\0y", 3}, std::string{"k\xff"}}) {
        EXPECT_EQ(refusal([&] { validate_api_key(sipher::secret{key}, "api_key"); }),
                  "api_key: must be visible ASCII without spaces and line ends");
    }
}

TEST(validation, checks_each_option_of_a_call)
{
    const auto with = [](auto change) {
        sipher::call_options options;
        change(options);
        return refusal([&] { validate_call_options(options); });
    };
    EXPECT_EQ(with([](auto&) {}), "accepted");
    EXPECT_EQ(with([](auto& it) { it.total_timeout = 0ms; }), "accepted");
    EXPECT_EQ(with([](auto& it) { it.queue_timeout = -1ms; }), "queue_timeout: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.total_timeout = -1ms; }), "total_timeout: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.total_timeout = std::chrono::milliseconds::max(); }),
              "total_timeout: must be at most 365 days");
    EXPECT_EQ(with([](auto& it) {
                  it.headers = {{"X-A", "ok"}, {"X-B", "\n"}};
              }),
              "headers[X-B]: the value must not contain CR, LF, NUL or other control characters");
    EXPECT_EQ(with([](auto& it) { it.request_id = " "; }),
              "request_id: must be at most 128 characters of visible ASCII without spaces");
    EXPECT_EQ(with([](auto& it) { it.retry.emplace().max_attempts = 0; }), "retry.max_attempts: must be at least 1");
    EXPECT_EQ(with([](auto& it) { it.retry.emplace().base_delay = -1ms; }), "retry.base_delay: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.retry.emplace().throttled_base_delay = -1ms; }),
              "retry.throttled_base_delay: must not be negative");
    EXPECT_EQ(with([](auto& it) { it.retry.emplace().max_delay = -1ms; }), "retry.max_delay: must not be negative");
}

} // namespace
