#include "memory/watched_memory.hpp"
#include "net/network_connector.hpp"
#include "support/allocation_faults.hpp"
#include "support/scripted_network.hpp"

#include <sipher/error_code.hpp>
#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sipher::test {
namespace {

using namespace std::string_literals;

constexpr std::size_t kibibyte = 1024;

/// What a proxy says without ever opening the way: how it begins, and what comes then again and again.
struct endless_reply {
    const char* what;
    const char* proxy;
    std::string beginning;
    std::string repeated;
};

class endless_proxy : public ::testing::TestWithParam<endless_reply> {
protected:
    endless_proxy()
    {
        const allocation_truce own;
        auto settings = std::make_shared<detail::server_settings>();
        settings->executor = context.get_executor();
        settings->url = detail::parse_base_url("http://server.test");
        settings->timers = detail::timer_queue::make(context.get_executor(), clock);
        settings->names = std::make_shared<detail::name_cache>(std::make_unique<scripted_lookup>(), clock);
        settings->sockets = dialer;
        settings->limits.header_size = 4 * kibibyte;
        proxy_options proxy;
        proxy.url = GetParam().proxy;
        settings->proxy = detail::choose_proxy(proxy, settings->url);
        dialer->responses["10.0.0.9"] = {};
        connector = detail::make_network_connector(std::move(settings));
    }

    void run()
    {
        context.restart();
        context.poll();
    }

    boost::asio::io_context context;
    std::shared_ptr<testing::manual_clock> clock = std::make_shared<testing::manual_clock>();
    std::shared_ptr<scripted_dialer> dialer = std::make_shared<scripted_dialer>();
    std::unique_ptr<detail::connector> connector;
};

TEST_P(endless_proxy, is_held_within_the_limits)
{
    std::optional<detail::connect_result> result;
    const auto pending = connector->connect([&result](detail::connect_result ended) { result = std::move(ended); });
    run();
    ASSERT_EQ(dialer->peers.size(), 1U);
    std::string bytes;
    {
        const allocation_truce own;
        while (bytes.size() < 16 * kibibyte) {
            bytes += GetParam().repeated;
        }
        dialer->peers.front()->send(GetParam().beginning);
    }
    const std::size_t before = watched_memory::held;
    watched_memory::peak = before;
    for (int i = 0; i < 1000 && !result; ++i) {
        {
            const allocation_truce own;
            dialer->peers.front()->send(bytes);
        }
        run();
    }
    ASSERT_TRUE(result) << "it is still listening";
    EXPECT_FALSE(result->made);
    EXPECT_EQ(result->code, errc::proxy_failed) << result->message;
    EXPECT_LE(watched_memory::peak - before, 32 * kibibyte);
}

constexpr const char* by_http = "http://10.0.0.9:3128";
constexpr const char* by_socks = "socks5h://10.0.0.9:1080";

INSTANTIATE_TEST_SUITE_P(
    table, endless_proxy,
    ::testing::Values(endless_reply{"line", by_http, "", "HTTP/1.1 200 "}, endless_reply{"words", by_http, "", "x"},
                      endless_reply{"field", by_http, "HTTP/1.1 200 OK\r\nA: ", "x"},
                      endless_reply{"fields", by_http, "HTTP/1.1 200 OK\r\n", "A: 1\r\n"},
                      endless_reply{"fields_of_a_refusal", by_http, "HTTP/1.1 407 No\r\n", "A: 1\r\n"},
                      endless_reply{"body_of_a_refusal", by_http, "HTTP/1.1 407 No\r\n\r\n", "x"},
                      endless_reply{"interim", by_http, "", "HTTP/1.1 103 Early Hints\r\n\r\n"},
                      endless_reply{"beyond_the_response", by_http, "HTTP/1.1 200 OK\r\n\r\n", "x"},
                      endless_reply{"methods", by_socks, "", "\x05\x00"s},
                      endless_reply{"zeros", by_socks, "\x05"s, "\0"s},
                      endless_reply{"beyond_the_reply", by_socks, "\x05\x00\x05\x00\x00\x03\xff"s, "x"}),
    [](const auto& each) { return std::string{each.param.what}; });

} // namespace
} // namespace sipher::test
