#include "proxy/proxy_handshake.hpp"
#include "support/scripted_stream.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sipher::test {
namespace {

using namespace std::string_literals;
using detail::io_interest;

/// Bytes by RFC 1928 and RFC 1929, written by hand.
class socks5_test : public ::testing::Test {
protected:
    void open(const std::string& url, const std::string& host = "server.test")
    {
        proxy_options options;
        options.url = url;
        detail::server_settings settings;
        settings.url = detail::parse_base_url("https://server.test:4660");
        settings.proxy = detail::choose_proxy(options, settings.url);
        handshake = detail::make_proxy_handshake(settings, host);
        stream = peer->make_stream();
        EXPECT_EQ(handshake->advance(*stream), io_interest::readable);
    }

    /// What was said since the last time.
    std::string said() { return std::exchange(peer->received(), {}); }

    io_interest hear(const std::string& bytes)
    {
        peer->send(bytes);
        return handshake->advance(*stream);
    }

    std::optional<detail::connect_failure> refusal(const std::string& bytes)
    {
        try {
            hear(bytes);
        } catch (const detail::connect_failure& failure) {
            EXPECT_EQ(failure.code, errc::proxy_failed);
            EXPECT_TRUE(
                failure.message.starts_with("the proxy proxy.test:1080 refused to connect to server.test:4660: "))
                << failure.message;
            return failure;
        }
        return std::nullopt;
    }

    boost::asio::io_context context;
    std::shared_ptr<scripted_peer> peer = std::make_shared<scripted_peer>(context.get_executor());
    std::unique_ptr<detail::byte_stream> stream;
    std::unique_ptr<detail::proxy_handshake> handshake;
};

const std::string open_ipv4 = "\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38"s;

TEST_F(socks5_test, a_name_without_credentials)
{
    open("socks5h://proxy.test");
    EXPECT_EQ(said(), "\x05\x01\x00"s);
    EXPECT_EQ(hear("\x05\x00"s), io_interest::readable);
    EXPECT_EQ(said(), "\x05\x01\x00\x03\x0bserver.test\x12\x34"s);
    EXPECT_EQ(hear(open_ipv4), io_interest::nothing);
}

TEST_F(socks5_test, addresses_are_asked_for_as_such)
{
    open("socks5h://proxy.test", "192.0.2.1");
    said();
    EXPECT_EQ(hear("\x05\x00"s), io_interest::readable);
    EXPECT_EQ(said(), "\x05\x01\x00\x01\xc0\x00\x02\x01\x12\x34"s);
    open("socks5h://proxy.test", "2001:db8::1");
    said();
    EXPECT_EQ(hear("\x05\x00"s), io_interest::readable);
    EXPECT_EQ(said(), "\x05\x01\x00\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x12\x34"s);
}

TEST_F(socks5_test, a_user_and_a_password_if_the_proxy_wants_them)
{
    open("socks5h://user:pass%20word@proxy.test");
    EXPECT_EQ(said(), "\x05\x02\x00\x02"s);
    EXPECT_EQ(hear("\x05\x02"s), io_interest::readable);
    EXPECT_EQ(said(), "\x01\x04user\x09pass word"s);
    EXPECT_EQ(hear("\x01\x00"s), io_interest::readable);
    EXPECT_EQ(said(), "\x05\x01\x00\x03\x0bserver.test\x12\x34"s);
    EXPECT_EQ(hear(open_ipv4), io_interest::nothing);
}

TEST_F(socks5_test, a_user_and_a_password_that_the_proxy_does_not_want_are_not_sent)
{
    open("socks5h://user:word@proxy.test");
    said();
    EXPECT_EQ(hear("\x05\x00"s), io_interest::readable);
    EXPECT_EQ(said().find("user"), std::string::npos);
    EXPECT_EQ(hear(open_ipv4), io_interest::nothing);
}

TEST_F(socks5_test, byte_by_byte_with_every_type_of_address)
{
    for (const std::string& reply : {open_ipv4, "\x05\x00\x00\x03\x04host\x04\x38"s, "\x05\x00\x00\x03\x00\x04\x38"s,
                                     "\x05\x00\x00\x04"s + std::string(16, '\0') + "\x04\x38"}) {
        open("socks5h://user:word@proxy.test");
        const std::string all = "\x05\x02\x01\x00"s + reply;
        for (std::size_t i = 0; i < all.size(); ++i) {
            EXPECT_EQ(hear(all.substr(i, 1)), i + 1 < all.size() ? io_interest::readable : io_interest::nothing) << i;
        }
    }
}

TEST_F(socks5_test, the_request_may_be_taken_byte_by_byte)
{
    open("socks5h://user:word@proxy.test");
    said();
    peer->accept_only(0);
    peer->send("\x05\x02"s);
    std::string taken;
    while (handshake->advance(*stream) == io_interest::writable) {
        taken += said();
        peer->accept_only(1);
    }
    EXPECT_EQ(taken + said(), "\x01\x04user\x04word"s);
}

TEST_F(socks5_test, failures_to_reach_the_server)
{
    const bool permanent[] = {false, false, true, false, false, false, false, true, true, false};
    for (char code = 1; code < 10; ++code) {
        open("socks5h://proxy.test");
        EXPECT_EQ(hear("\x05\x00"s), io_interest::readable);
        const auto refused = refusal("\x05"s + code + "\x00\x01\x00\x00\x00\x00\x00\x00"s);
        ASSERT_TRUE(refused);
        EXPECT_EQ(refused->permanent, permanent[static_cast<std::size_t>(code)]) << refused->message;
    }
}

TEST_F(socks5_test, other_refusals_are_permanent_and_say_why)
{
    struct {
        const char* url;
        std::string bytes;
        const char* message;
    } const cases[]{
        {"socks5h://proxy.test", "HTTP/1.1 400 Bad Request\r\n", "not SOCKS 5"},
        {"socks5h://proxy.test", "\x04\x5a"s, "not SOCKS 5"},
        {"socks5h://proxy.test", "\x05\xff"s, "proxy.username"},
        {"socks5h://proxy.test", "\x05\x02"s, "proxy.username"},
        {"socks5h://proxy.test", "\x05\x00\x04\x00\x00\x01"s, "not SOCKS 5"},
        {"socks5h://proxy.test", "\x05\x00\x05\x00\x00\x09\x00"s, "not SOCKS 5"},
        {"socks5h://u:hunter2@proxy.test", "\x05\xff"s, "no supported authentication"},
        {"socks5h://u:hunter2@proxy.test", "\x05\x01"s, "no supported authentication"},
        {"socks5h://u:hunter2@proxy.test", "\x05\x02\x01\x01"s, "rejected the user name"},
        {"socks5h://proxy.test", "\x05\x00"s + open_ipv4, "before it was asked"},
    };
    for (const auto& [url, bytes, expected] : cases) {
        open(url);
        const auto refused = refusal(bytes);
        ASSERT_TRUE(refused) << expected;
        EXPECT_TRUE(refused->permanent);
        EXPECT_NE(refused->message.find(expected), std::string::npos) << refused->message;
        EXPECT_EQ(refused->message.find("hunter2"), std::string::npos);
    }
}

TEST_F(socks5_test, nothing_may_come_from_the_server_before_it_was_sent_anything)
{
    open("socks5h://proxy.test");
    EXPECT_EQ(hear("\x05\x00"s), io_interest::readable);
    const auto refused = refusal(open_ipv4 + "x");
    ASSERT_TRUE(refused);
    EXPECT_TRUE(refused->permanent);
}

TEST_F(socks5_test, an_end_in_the_middle_may_pass)
{
    open("socks5h://proxy.test");
    peer->end(boost::asio::error::eof);
    const auto refused = refusal("\x05"s);
    ASSERT_TRUE(refused);
    EXPECT_FALSE(refused->permanent);
}

} // namespace
} // namespace sipher::test
