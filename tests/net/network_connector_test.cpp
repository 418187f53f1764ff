#include "net/network_connector.hpp"
#include "support/scripted_network.hpp"

#include <sipher/error_code.hpp>
#include <sipher/testing.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// Connections by scripted names and addresses, on a clock that stands still.
class network_connector_test : public ::testing::Test {
protected:
    network_connector_test()
    {
        auto lookup = std::make_unique<scripted_lookup>();
        names = lookup.get();
        settings->executor = context.get_executor();
        settings->url = detail::parse_base_url("http://server.test");
        settings->timers = detail::timer_queue::make(context.get_executor(), clock);
        settings->names = std::make_shared<detail::name_cache>(std::move(lookup), clock);
        settings->sockets = dialer;
        settings->proxy_timeout = 5s;
        settings->user_agent = "agent/1";
        connector = detail::make_network_connector(settings);
    }

    std::shared_ptr<std::optional<detail::connect_result>> begin()
    {
        auto result = std::make_shared<std::optional<detail::connect_result>>();
        pending.push_back(connector->connect([result](detail::connect_result ended) {
            EXPECT_FALSE(*result) << "completed twice";
            *result = std::move(ended);
        }));
        EXPECT_FALSE(*result) << "completed inline";
        run();
        return result;
    }

    void run()
    {
        context.restart();
        context.poll();
    }

    void advance(std::chrono::nanoseconds by)
    {
        clock->advance(by);
        run();
    }

    /// A connection by way of a proxy that responds so.
    detail::connect_result through_proxy(const std::string& bytes)
    {
        use_proxy();
        const auto result = begin();
        dialer->peers.back()->send(bytes);
        run();
        EXPECT_TRUE(*result);
        return result->value();
    }

    void use_proxy(const char* url = "http://user:word@10.0.0.9:3128")
    {
        proxy_options proxy;
        proxy.url = url;
        settings->proxy = detail::choose_proxy(proxy, settings->url);
        dialer->responses["10.0.0.9"] = {};
    }

    asio::io_context context;
    std::shared_ptr<testing::manual_clock> clock = std::make_shared<testing::manual_clock>();
    std::shared_ptr<detail::server_settings> settings = std::make_shared<detail::server_settings>();
    scripted_lookup* names = nullptr;
    std::shared_ptr<scripted_dialer> dialer = std::make_shared<scripted_dialer>();
    std::unique_ptr<detail::connector> connector;
    std::vector<std::shared_ptr<detail::pending_connect>> pending;
};

TEST_F(network_connector_test, a_dead_ipv6_address_costs_a_quarter_of_a_second)
{
    dialer->responses["127.0.0.1"] = {};
    const auto result = begin();
    names->respond({"::1", "127.0.0.1"});
    run();
    EXPECT_FALSE(*result);
    advance(250ms);
    ASSERT_TRUE(*result);
    EXPECT_TRUE((*result)->made);
    EXPECT_EQ((*result)->made->address(), "127.0.0.1:80");
    EXPECT_EQ(dialer->open, 0U) << "the loser is still being tried";
}

TEST_F(network_connector_test, of_two_addresses_that_respond_at_the_same_time_the_second_is_closed_at_once)
{
    settings->url = detail::parse_base_url("https://server.test");
    settings->tls = std::make_shared<detail::tls_context>(tls_options{}, "server.test", false, clock);
    const auto result = begin();
    names->respond({"::1", "127.0.0.1"});
    run();
    advance(250ms);
    ASSERT_EQ(dialer->open, 2U);
    dialer->respond("::1");
    dialer->respond("127.0.0.1");
    run();
    ASSERT_EQ(dialer->peers.size(), 2U);
    EXPECT_FALSE(dialer->peers[0]->is_closed()) << "its handshake is in progress";
    EXPECT_TRUE(dialer->peers[1]->is_closed());
    EXPECT_FALSE(*result);
}

TEST_F(network_connector_test, a_refused_address_is_followed_by_the_next_at_once)
{
    dialer->responses["::1"] = asio::error::connection_refused;
    dialer->responses["127.0.0.1"] = {};
    const auto result = begin();
    names->respond({"::1", "127.0.0.1"});
    run();
    ASSERT_TRUE(*result);
    EXPECT_TRUE((*result)->made);
}

TEST_F(network_connector_test, when_all_are_refused_each_is_named)
{
    dialer->responses["::1"] = asio::error::connection_refused;
    dialer->responses["127.0.0.1"] = asio::error::network_unreachable;
    const auto result = begin();
    names->respond({"::1", "127.0.0.1"});
    run();
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->code, errc::connect_failed);
    EXPECT_EQ((*result)->message, "server.test of base_url: [::1]:80: Connection refused; 127.0.0.1:80: Network is "
                                  "unreachable; does a server listen there?");
    EXPECT_FALSE((*result)->permanent);
}

TEST_F(network_connector_test, of_many_silent_addresses_six_are_tried_at_a_time_until_time_is_up)
{
    const auto result = begin();
    names->respond(
        {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8", "10.0.0.9"});
    run();
    for (auto waited = 0ms; waited < 3000ms; waited += 50ms) {
        EXPECT_FALSE(*result);
        advance(50ms);
    }
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->code, errc::connect_failed);
    EXPECT_EQ(dialer->most_open, 6U);
    EXPECT_EQ(dialer->tried.size(), 9U);
    EXPECT_EQ(dialer->open, 0U);
}

TEST_F(network_connector_test, a_name_without_addresses_is_not_asked_for_again_for_two_seconds)
{
    auto result = begin();
    names->fail(asio::error::host_not_found);
    run();
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->code, errc::resolve_failed);
    EXPECT_TRUE((*result)->permanent);
    advance(1999ms);
    result = begin();
    ASSERT_TRUE(*result);
    EXPECT_EQ(names->questions.size(), 1U);
    advance(1ms);
    result = begin();
    EXPECT_FALSE(*result);
    EXPECT_EQ(names->questions.size(), 2U);
    names->respond({"127.0.0.1"});
}

TEST_F(network_connector_test, a_name_server_that_fails_is_asked_again)
{
    auto result = begin();
    names->fail(asio::error::host_not_found_try_again);
    run();
    ASSERT_TRUE(*result);
    EXPECT_FALSE((*result)->permanent);
    begin();
    EXPECT_EQ(names->questions.size(), 2U);
}

TEST_F(network_connector_test, addresses_are_kept_for_half_a_minute)
{
    dialer->responses["127.0.0.1"] = {};
    dialer->responses["127.0.0.2"] = {};
    begin();
    names->respond({"127.0.0.1"});
    run();
    advance(29'999ms);
    EXPECT_TRUE(begin()->has_value());
    EXPECT_EQ(names->questions.size(), 1U);
    advance(1ms);
    const auto result = begin();
    names->respond({"127.0.0.2"});
    run();
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->made->address(), "127.0.0.2:80");
}

TEST_F(network_connector_test, addresses_of_which_none_responded_are_asked_for_again_after_two_seconds)
{
    dialer->responses["127.0.0.1"] = asio::error::connection_refused;
    begin();
    names->respond({"127.0.0.1"});
    run();
    advance(1999ms);
    EXPECT_TRUE(begin()->has_value());
    EXPECT_EQ(names->questions.size(), 1U);
    advance(1ms);
    EXPECT_TRUE(begin()->has_value());
    begin();
    EXPECT_EQ(names->questions.size(), 2U);
    names->respond({"127.0.0.1"});
}

TEST_F(network_connector_test, a_server_that_refuses_for_a_while_does_not_have_its_name_asked_for_each_time)
{
    dialer->responses["127.0.0.1"] = asio::error::connection_refused;
    for (int i = 0; i < 126; ++i) {
        const auto result = begin();
        names->respond({"127.0.0.1"});
        run();
        ASSERT_TRUE(*result);
        EXPECT_EQ((*result)->code, errc::connect_failed);
        advance(100ms);
    }
    EXPECT_LE(names->questions.size(), 7U) << "12.6 s, one for each two of them";
    EXPECT_EQ(dialer->tried.size(), 126U);
}

TEST_F(network_connector_test, a_refusal_does_not_wait_for_addresses_that_are_late)
{
    for (const auto known : {detail::address_family::v4, detail::address_family::v6}) {
        const bool is_v4 = known == detail::address_family::v4;
        settings->url = detail::parse_base_url(is_v4 ? "http://four.test" : "http://six.test");
        const std::string address = is_v4 ? "127.0.0.1" : "::1";
        dialer->responses[address] = asio::error::connection_refused;
        const auto before = clock->now();
        const auto result = begin();
        names->respond(known, {address});
        run();
        while (!*result && clock->now() < before + 3s) {
            advance(10ms);
        }
        ASSERT_TRUE(*result);
        EXPECT_EQ((*result)->code, errc::connect_failed);
        EXPECT_LE(clock->now() - before, 100ms);
        // The response that came late is there for the next one.
        dialer->responses["10.0.0.1"] = {};
        dialer->responses["::2"] = {};
        names->respond(is_v4 ? detail::address_family::v6 : detail::address_family::v4, {is_v4 ? "::2" : "10.0.0.1"});
        run();
        EXPECT_TRUE(begin()->value().made);
    }
}

TEST_F(network_connector_test, concurrent_lookups_are_shared)
{
    dialer->responses["127.0.0.1"] = {};
    std::vector<std::shared_ptr<std::optional<detail::connect_result>>> results;
    for (int i = 0; i < 100; ++i) {
        results.push_back(begin());
    }
    EXPECT_EQ(names->questions.size(), 1U);
    pending[7]->cancel();
    run();
    ASSERT_TRUE(*results[7]);
    EXPECT_EQ((*results[7])->code, asio::error::operation_aborted);
    names->respond({"127.0.0.1"});
    run();
    for (std::size_t i = 0; i < results.size(); ++i) {
        ASSERT_TRUE(*results[i]) << i;
        EXPECT_EQ(static_cast<bool>((*results[i])->made), i != 7) << i;
    }
}

TEST_F(network_connector_test, a_lookup_that_hangs_ends_in_time_and_its_late_response_is_dropped)
{
    const auto result = begin();
    advance(3s);
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->code, errc::resolve_failed);
    EXPECT_EQ((*result)->message, "server.test of base_url was not resolved within timeouts.connect");
    names->respond({"127.0.0.1"});
    run();
    EXPECT_TRUE(dialer->tried.empty());
}

TEST_F(network_connector_test, ipv6_addresses_that_are_late_cost_fifty_milliseconds)
{
    dialer->responses["127.0.0.1"] = {};
    const auto result = begin();
    names->respond(detail::address_family::v4, {"127.0.0.1"});
    run();
    advance(49ms);
    EXPECT_TRUE(dialer->tried.empty()) << "IPv6 comes first, if it comes";
    advance(1ms);
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->made->address(), "127.0.0.1:80");
    advance(950ms);
    names->respond(detail::address_family::v6, {"::1"});
    run();
    EXPECT_EQ(dialer->tried.size(), 1U);
}

TEST_F(network_connector_test, ipv6_addresses_do_not_wait_for_ipv4_ones)
{
    dialer->responses["::1"] = {};
    const auto result = begin();
    names->respond(detail::address_family::v6, {"::1"});
    run();
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->made->address(), "[::1]:80");
}

TEST_F(network_connector_test, addresses_that_come_late_join_the_race)
{
    dialer->responses["10.0.0.1"] = asio::error::connection_refused;
    dialer->responses["::1"] = {};
    const auto result = begin();
    names->respond(detail::address_family::v4, {"10.0.0.1"});
    run();
    advance(50ms);
    EXPECT_FALSE(*result) << "there may be more addresses";
    names->respond(detail::address_family::v6, {"::1"});
    run();
    ASSERT_TRUE(*result);
    EXPECT_TRUE((*result)->made);
}

TEST_F(network_connector_test, a_family_that_fails_does_not_matter_where_the_other_has_addresses)
{
    dialer->responses["127.0.0.1"] = {};
    const auto result = begin();
    names->fail(detail::address_family::v6, asio::error::host_not_found_try_again);
    run();
    EXPECT_FALSE(*result);
    names->respond(detail::address_family::v4, {"127.0.0.1"});
    run();
    ASSERT_TRUE(*result);
    EXPECT_TRUE((*result)->made);
    EXPECT_TRUE(begin()->has_value());
    EXPECT_EQ(names->questions.size(), 1U) << "what is known is kept";
}

TEST_F(network_connector_test, a_failure_that_may_pass_is_not_taken_for_the_absence_of_the_name)
{
    for (const auto failing : {detail::address_family::v6, detail::address_family::v4}) {
        const auto other =
            failing == detail::address_family::v6 ? detail::address_family::v4 : detail::address_family::v6;
        const auto result = begin();
        names->fail(failing, asio::error::host_not_found_try_again);
        names->fail(other, asio::error::no_data);
        run();
        ASSERT_TRUE(*result);
        EXPECT_EQ((*result)->code, errc::resolve_failed);
        EXPECT_FALSE((*result)->permanent);
    }
}

TEST_F(network_connector_test, after_abandoning_nothing_is_handed_to_the_context)
{
    begin();
    connector->abandon();
    context.restart();
    names->respond({"127.0.0.1"});
    EXPECT_EQ(context.poll(), 0U);
}

TEST_F(network_connector_test, a_server_that_stalls_in_the_handshake_has_a_deadline_of_its_own)
{
    settings->url = detail::parse_base_url("https://10.0.0.1");
    settings->tls = std::make_shared<detail::tls_context>(tls_options{}, "server.test", false, clock);
    dialer->responses["10.0.0.1"] = {};
    const auto result = begin();
    // The first bytes of a record that never ends.
    dialer->peers.back()->send({"\x16\x03\x03\x00\x7a", 5});
    run();
    advance(4999ms);
    EXPECT_FALSE(*result);
    advance(1ms);
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->code, errc::tls_handshake_failed);
    EXPECT_EQ((*result)->message, "the TLS handshake with 10.0.0.1 took longer than timeouts.tls_handshake");
    EXPECT_FALSE((*result)->permanent);
    EXPECT_TRUE(dialer->peers.back()->is_closed());
}

TEST_F(network_connector_test, a_proxy_gets_the_servers_address_and_the_credentials)
{
    const detail::connect_result result = through_proxy("HTTP/1.1 200 Connection established\r\n\r\n");
    EXPECT_TRUE(result.made) << result.message;
    EXPECT_TRUE(names->questions.empty()) << "the server's name is the proxy's to resolve";
    EXPECT_EQ(dialer->peers.back()->received(),
              "CONNECT server.test:80 HTTP/1.1\r\nHost: server.test:80\r\n"
              "User-Agent: agent/1\r\nProxy-Authorization: Basic dXNlcjp3b3Jk\r\n\r\n");
}

TEST_F(network_connector_test, an_ipv6_server_is_asked_for_in_brackets)
{
    settings->url = detail::parse_base_url("http://[2001:db8::1]:8080");
    EXPECT_TRUE(through_proxy("HTTP/1.1 200 OK\r\n\r\n").made);
    EXPECT_TRUE(dialer->peers.back()->received().starts_with("CONNECT [2001:db8::1]:8080 HTTP/1.1\r\n"));
}

struct proxy_response {
    const char* what;
    std::string bytes;
    const char* message;
    bool permanent;
};

class proxy_refusal : public network_connector_test, public ::testing::WithParamInterface<proxy_response> {};

TEST_P(proxy_refusal, is_known)
{
    const detail::connect_result result = through_proxy(GetParam().bytes);
    EXPECT_FALSE(result.made);
    EXPECT_EQ(result.code, errc::proxy_failed);
    EXPECT_LT(result.reached, phase::writing);
    EXPECT_EQ(result.permanent, GetParam().permanent);
    EXPECT_NE(result.message.find(GetParam().message), std::string::npos) << result.message;
    EXPECT_TRUE(result.message.starts_with("the proxy 10.0.0.9:3128 refused to connect to server.test:80: "))
        << result.message;
    EXPECT_EQ(result.message.find("dXNlcjp3b3Jk"), std::string::npos) << result.message;
    EXPECT_TRUE(dialer->peers.back()->is_closed());
}

INSTANTIATE_TEST_SUITE_P(
    table, proxy_refusal,
    ::testing::Values(
        proxy_response{"credentials", "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nno!",
                       "407", true},
        proxy_response{"slow", "HTTP/1.1 408 Request Timeout\r\n\r\n", "408", false},
        proxy_response{"misdirected", "HTTP/1.1 421 Misdirected Request\r\n\r\n", "421", false},
        proxy_response{"too_many", "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n\r\n", "429", false},
        proxy_response{"forbidden", "HTTP/1.1 403 Forbidden\r\n\r\n", "403", true},
        proxy_response{"gateway", "HTTP/1.1 502 Bad Gateway\r\n\r\n", "502", false},
        proxy_response{"redirected", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "302", true},
        proxy_response{"switched", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "101", true},
        proxy_response{"more", "HTTP/1.1 200 OK\r\n\r\nX", "before anything was sent", true},
        proxy_response{"not_http", "SSH-2.0-OpenSSH\r\n\r\n", "not an HTTP/1.1 response", true},
        proxy_response{"endless", "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x'), "header", true}),
    [](const auto& each) { return std::string{each.param.what}; });

TEST_F(network_connector_test, an_interim_response_of_a_proxy_is_passed_over)
{
    EXPECT_TRUE(through_proxy("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").made);
}

TEST_F(network_connector_test, a_connect_response_may_arrive_byte_by_byte)
{
    use_proxy();
    const auto result = begin();
    for (const char each : std::string{"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n"}) {
        EXPECT_FALSE(*result);
        dialer->peers.back()->send({&each, 1});
        run();
    }
    ASSERT_TRUE(*result);
    EXPECT_TRUE((*result)->made);
}

TEST_F(network_connector_test, a_proxy_that_hangs_up_is_a_transient_failure)
{
    use_proxy();
    const auto result = begin();
    dialer->peers.back()->send("HTTP/1.1 20");
    dialer->peers.back()->end(asio::error::eof);
    run();
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->code, errc::proxy_failed);
    EXPECT_FALSE((*result)->permanent);
}

TEST_F(network_connector_test, a_silent_proxy_has_its_own_deadline)
{
    use_proxy();
    const auto result = begin();
    advance(4999ms);
    EXPECT_FALSE(*result);
    advance(1ms);
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->code, errc::proxy_failed);
    EXPECT_EQ((*result)->message, "the proxy 10.0.0.9:3128 of proxy.url did not open the tunnel within proxy.timeout");
}

TEST_F(network_connector_test, an_unreachable_proxy_is_named_in_the_error)
{
    use_proxy("http://proxy.test");
    dialer->responses["10.0.0.9"] = asio::error::connection_refused;
    auto result = begin();
    names->fail(asio::error::host_not_found);
    run();
    EXPECT_EQ(result->value().code, errc::resolve_failed);
    EXPECT_EQ(result->value().message, "the proxy proxy.test:80 of proxy.url: Host not found (authoritative); is it "
                                       "spelled correctly?");
    advance(2s);
    result = begin();
    names->respond({"10.0.0.9"});
    run();
    EXPECT_EQ(result->value().code, errc::connect_failed);
    EXPECT_EQ(result->value().message,
              "the proxy proxy.test:80 of proxy.url cannot be reached: 10.0.0.9:80: Connection "
              "refused; does a server listen there?");
}

TEST_F(network_connector_test, it_can_be_given_up_at_every_stage)
{
    settings->url = detail::parse_base_url("https://server.test");
    settings->tls = std::make_shared<detail::tls_context>(tls_options{}, "server.test", false, clock);
    use_proxy("http://proxy.test:3128");
    dialer->responses.clear();
    for (const std::string stage : {"resolving", "connecting", "proxy", "TLS"}) {
        SCOPED_TRACE(stage);
        if (stage == "proxy") {
            dialer->responses["10.0.0.9"] = {};
        }
        const auto result = begin();
        if (stage != "resolving") {
            names->respond({"10.0.0.9"});
            run();
        }
        if (stage == "TLS") {
            dialer->peers.back()->send("HTTP/1.1 200 OK\r\n\r\n");
            run();
        }
        EXPECT_FALSE(*result);
        const phase reached = pending.back()->reached();
        pending.back()->cancel();
        run();
        ASSERT_TRUE(*result);
        EXPECT_EQ((*result)->code, asio::error::operation_aborted);
        EXPECT_EQ((*result)->reached, reached);
        EXPECT_EQ(reached, stage == "resolving" ? phase::resolving
                           : stage == "TLS"     ? phase::tls_handshake
                                                : phase::connecting);
        EXPECT_EQ(dialer->open, 0U);
        EXPECT_TRUE(dialer->peers.empty() || dialer->peers.back()->is_closed());
    }
}

TEST_F(network_connector_test, abandoned_at_any_stage_nothing_of_it_is_left)
{
    for (const bool while_the_context_ends : {false, true}) {
        for (const std::string stage : {"begun", "resolving", "connecting", "proxy", "TLS"}) {
            SCOPED_TRACE(stage);
            auto own_context = std::make_unique<asio::io_context>();
            auto lookup = std::make_unique<scripted_lookup>();
            names = lookup.get();
            use_proxy("http://proxy.test:3128");
            const auto own = std::make_shared<detail::server_settings>(*settings);
            own->executor = own_context->get_executor();
            own->timers = detail::timer_queue::make(own->executor, clock);
            own->names = std::make_shared<detail::name_cache>(std::move(lookup), clock);
            own->tls = std::make_shared<detail::tls_context>(tls_options{}, "server.test", false, clock);
            if (stage == "resolving" || stage == "connecting") {
                dialer->responses.clear();
            }
            auto dial = detail::make_network_connector(own)->connect([](const detail::connect_result&) { FAIL(); });
            const std::weak_ptr<detail::pending_connect> left = dial;
            for (int i = 0; stage != "begun" && i < 3; ++i) {
                own_context->restart();
                own_context->poll();
                if (i == 0 && stage != "resolving") {
                    names->respond({"10.0.0.9"});
                } else if (i == 1 && stage == "TLS") {
                    dialer->peers.back()->send("HTTP/1.1 200 OK\r\n\r\n");
                }
            }
            if (while_the_context_ends) {
                asio::post(*own_context, [held = std::move(dial)] {});
            }
            dial.reset();
            if (!while_the_context_ends) {
                own_context->restart();
                own_context->poll();
                EXPECT_TRUE(left.expired()) << "whoever lets go of it gives it up";
                EXPECT_TRUE(dialer->peers.empty() || dialer->peers.back()->is_closed());
            }
            dialer->peers.clear();
            own_context.reset();
            EXPECT_TRUE(left.expired());
            EXPECT_EQ(dialer->open, 0U);
        }
    }
}

TEST_F(network_connector_test, socks5h_leaves_the_name_to_the_proxy)
{
    use_proxy("socks5h://10.0.0.9");
    const auto result = begin();
    dialer->peers.back()->send({"\x05\x00", 2});
    run();
    dialer->peers.back()->send({"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10});
    run();
    ASSERT_TRUE(*result);
    EXPECT_TRUE((*result)->made) << (*result)->message;
    EXPECT_TRUE(names->questions.empty());
    EXPECT_NE(dialer->peers.back()->received().find("server.test"), std::string::npos);
}

TEST_F(network_connector_test, socks5_has_the_name_resolved_here_to_an_ipv4_address_if_there_is_one)
{
    use_proxy("socks5://proxy.test");
    dialer->responses["10.0.0.9"] = {};
    const auto result = begin();
    EXPECT_EQ(names->questions, std::vector<std::string>{"server.test"});
    names->respond({"::1", "192.0.2.1"});
    run();
    EXPECT_EQ(names->questions.back(), "proxy.test");
    names->respond({"10.0.0.9"});
    run();
    dialer->peers.back()->send({"\x05\x00", 2});
    run();
    dialer->peers.back()->send({"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10});
    run();
    ASSERT_TRUE(*result);
    EXPECT_TRUE((*result)->made) << (*result)->message;
    EXPECT_EQ(dialer->peers.back()->received(),
              (std::string{"\x05\x01\x00\x05\x01\x00\x01\xC0\x00\x02\x01\x00\x50", 13}));
}

TEST_F(network_connector_test, socks5_uses_an_ipv6_address_where_there_is_no_other)
{
    use_proxy("socks5://10.0.0.9");
    begin();
    names->respond({"2001:db8::1"});
    run();
    dialer->peers.back()->send({"\x05\x00", 2});
    run();
    EXPECT_EQ(dialer->peers.back()->received().substr(3, 8), (std::string{"\x05\x01\x00\x04\x20\x01\x0d\xb8", 8}));
    pending.back()->cancel();
    run();
}

TEST_F(network_connector_test, a_name_that_socks5_cannot_resolve_locally_is_reported)
{
    use_proxy("socks5://10.0.0.9");
    const auto result = begin();
    names->fail(asio::error::host_not_found);
    run();
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->code, errc::resolve_failed);
    EXPECT_EQ((*result)->message, "server.test of base_url: Host not found (authoritative); is it spelled correctly?");
    EXPECT_TRUE(dialer->tried.empty());
}

} // namespace
} // namespace sipher::test
