#include "support/raw_call.hpp"
#include "support/raw_peer.hpp"

#include <sipher/testing/sandbox.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace sipher::test;
namespace asio = boost::asio;
using boost::system::error_code;
using sipher::testing::fault;
using sipher::testing::sandbox;
using sipher::testing::sandbox_options;

sandbox_options options_with(bool tls, std::chrono::milliseconds keep_alive = 0ms)
{
    sandbox_options options;
    options.tls = tls;
    options.keep_alive = keep_alive;
    options.keep_alive_buffer = 0ms;
    return options;
}

const raw_call& health()
{
    static const raw_call call{"GET", "/v1/health"};
    return call;
}

/// What is true with TLS and without.
class sandbox_wire_test : public testing::TestWithParam<bool> {
protected:
    std::unique_ptr<raw_peer> connect(const sandbox& service)
    {
        return std::make_unique<raw_peer>(service.port(), service.ca_pem());
    }

    /// A plain connection knows no other way to end than the FIN.
    connection_end bare_fin() const { return GetParam() ? connection_end::bare_fin : connection_end::close_notify; }
};

INSTANTIATE_TEST_SUITE_P(transports, sandbox_wire_test, testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "tls" : "plain"; });

TEST_P(sandbox_wire_test, serves_many_requests_on_one_connection)
{
    sandbox service{options_with(GetParam())};
    const auto peer = connect(service);
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(exchange(*peer, health()).result_int(), 200U);
    }
    EXPECT_EQ(service.counters().connections, 1U);
    EXPECT_EQ(service.counters().open_connections, 1U);
    EXPECT_EQ(service.counters().requests, 3U);
    EXPECT_EQ(service.counters().bytes_received, 3 * health().to_bytes().size());
}

TEST_P(sandbox_wire_test, an_idle_connection_ends_with_a_bare_fin)
{
    sandbox service{options_with(GetParam(), 50ms)};
    const auto peer = connect(service);
    EXPECT_EQ(exchange(*peer, health()).result_int(), 200U);
    EXPECT_EQ(peer->read_to_end(), "");
    EXPECT_EQ(peer->end(), bare_fin());
}

TEST_P(sandbox_wire_test, the_idle_time_does_not_hold_for_a_connection_that_was_never_used)
{
    sandbox service{options_with(GetParam(), 20ms)};
    const auto unused = connect(service);
    const auto other = connect(service);
    exchange(*other, health());
    EXPECT_EQ(other->read_to_end(), "") << "here its idle time has passed";
    EXPECT_EQ(exchange(*unused, health()).result_int(), 200U);
}

TEST_P(sandbox_wire_test, close_idle_connections_leaves_those_at_work)
{
    sandbox service{options_with(GetParam())};
    const auto idle = connect(service);
    const auto busy = connect(service);
    exchange(*idle, health());
    exchange(*busy, health());
    const std::string bytes = health().to_bytes();
    service.add_fault(fault::silence());
    const auto silent = connect(service);
    silent->send(bytes);
    wait_until([&] { return service.ledger().size() == 3; });
    service.close_idle_connections();
    EXPECT_EQ(idle->read_to_end(), "");
    EXPECT_EQ(idle->end(), bare_fin());
    EXPECT_EQ(busy->read_to_end(), "");
    EXPECT_EQ(service.counters().open_connections, 1U);
}

TEST_P(sandbox_wire_test, garbage_gets_a_raw_400)
{
    for (const std::string garbage :
         {"garbage\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"}) {
        sandbox service{options_with(GetParam())};
        const auto peer = connect(service);
        peer->send(garbage);
        EXPECT_EQ(peer->read_to_end(), "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n") << garbage;
        EXPECT_EQ(peer->end(), bare_fin());
        EXPECT_EQ(service.counters().requests, 0U);
    }
}

TEST_P(sandbox_wire_test, a_header_above_16_kilobytes_gets_a_raw_431)
{
    sandbox service{options_with(GetParam())};
    const auto peer = connect(service);
    raw_call large = health();
    peer->send(large.with_header("X-Large", std::string(17 * 1024, 'x')).to_bytes());
    EXPECT_EQ(peer->read_to_end().rfind("HTTP/1.1 431 ", 0), 0U);
}

TEST_P(sandbox_wire_test, the_end_of_a_sandbox_ends_its_connections)
{
    auto service = std::make_unique<sandbox>(options_with(GetParam()));
    service->add_fault(fault::silence());
    service->add_fault(fault::delay(1h));
    const auto unused = connect(*service);
    const auto silent = connect(*service);
    silent->send(health().to_bytes());
    const auto delayed = connect(*service);
    delayed->send(health().to_bytes());
    wait_until([&] { return service->ledger().size() == 2; });
    service.reset();
    EXPECT_EQ(unused->read_to_end(), "");
    EXPECT_EQ(silent->read_to_end(), "");
    EXPECT_EQ(delayed->read_to_end(), "");
}

TEST_P(sandbox_wire_test, requests_may_come_in_pieces_and_together)
{
    sandbox service{options_with(GetParam())};
    const auto peer = connect(service);
    raw_call echo{"POST", "/v1/echo"};
    const std::string bytes = echo.with_body(R"({"n":1})").to_bytes();
    for (const char byte : bytes) {
        peer->send(std::string{byte});
    }
    EXPECT_EQ(text_at(peer->read_response(), "/data/n"), "1");
    peer->send(bytes + bytes);
    EXPECT_EQ(text_at(peer->read_response(), "/data/n"), "1");
    EXPECT_EQ(text_at(peer->read_response(), "/data/n"), "1");
}

TEST_P(sandbox_wire_test, takes_chunked_bodies_and_says_continue)
{
    sandbox service{options_with(GetParam())};
    const auto peer = connect(service);
    peer->send("POST /v1/echo HTTP/1.1\r\nHost: x\r\nX-API-Key: sandbox-pro-key\r\nContent-Type: application/json\r\n"
               "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
    EXPECT_EQ(peer->read_response(true).result_int(), 100U);
    peer->send("4\r\n{\"n\"\r\n3\r\n:2}\r\n0\r\n\r\n");
    EXPECT_EQ(text_at(peer->read_response(), "/data/n"), "2");
}

TEST_P(sandbox_wire_test, the_response_to_head_has_no_body)
{
    sandbox service{options_with(GetParam())};
    const auto peer = connect(service);
    const raw_response response = exchange(*peer, {"HEAD", "/v1/health"});
    EXPECT_NE(response["Content-Length"], "0");
    EXPECT_EQ(exchange(*peer, health()).result_int(), 200U);
}

TEST_P(sandbox_wire_test, closes_when_the_client_asks_for_it)
{
    sandbox service{options_with(GetParam())};
    const auto peer = connect(service);
    raw_call last = health();
    EXPECT_EQ(exchange(*peer, last.with_header("Connection", "close"))["Connection"], "close");
    EXPECT_EQ(peer->read_to_end(), "");
}

TEST_P(sandbox_wire_test, responses_look_like_the_services)
{
    sandbox service{options_with(GetParam(), 5000ms)};
    const auto peer = connect(service);
    const raw_response response = exchange(*peer, health());
    EXPECT_EQ(response["Keep-Alive"], "timeout=5");
    EXPECT_EQ(response["Connection"], "keep-alive");
    EXPECT_EQ(response["Content-Type"], "application/json; charset=utf-8");
    EXPECT_EQ(response["Content-Length"], std::to_string(response.body().size()));
    EXPECT_EQ(response["X-Content-Type-Options"], "nosniff");
    const auto fields = std::distance(response.begin(), response.end());
    EXPECT_GE(fields, 20);
    EXPECT_LE(fields, 24);
}

TEST_P(sandbox_wire_test, cors_fields_are_sent_only_for_requests_with_an_origin)
{
    sandbox service{options_with(GetParam())};
    const auto peer = connect(service);
    const raw_response plain = exchange(*peer, health());
    EXPECT_EQ(plain["Vary"], "Accept-Encoding");
    EXPECT_EQ(plain.count("Access-Control-Allow-Credentials"), 0U);
    raw_call page = health();
    const raw_response named = exchange(*peer, page.with_header("Origin", "https://example.test"));
    EXPECT_EQ(named["Vary"], "Origin, Accept-Encoding");
    EXPECT_EQ(named["Access-Control-Allow-Credentials"], "true");
}

TEST_P(sandbox_wire_test, the_request_id_is_echoed_or_made)
{
    sandbox service{options_with(GetParam())};
    const auto peer = connect(service);
    raw_call named = health();
    EXPECT_EQ(exchange(*peer, named.with_header("x-request-id", "create-1"))["X-Request-ID"], "create-1");
    const std::string made{exchange(*peer, health())["X-Request-ID"]};
    EXPECT_EQ(made.size(), 36U);
    EXPECT_EQ(service.ledger().at(0).request_id, "create-1");
    EXPECT_EQ(service.ledger().at(1).request_id, made);
}

TEST_P(sandbox_wire_test, the_ledger_has_the_request_as_it_came)
{
    sandbox service{options_with(GetParam())};
    const auto peer = connect(service);
    raw_call create{"POST", "/v1/sessions?x=1"};
    exchange(*peer, create.with_body(R"({"defaults": {}})").with_header("X-Odd", "a  b"));
    const auto entry = service.ledger().at(0);
    EXPECT_EQ(entry.method, "POST");
    EXPECT_EQ(entry.target, "/v1/sessions?x=1");
    EXPECT_EQ(entry.body, R"({"defaults": {}})");
    EXPECT_EQ(entry.headers.back(), (std::pair<std::string, std::string>{"X-Odd", "a  b"}));
    EXPECT_EQ(entry.status, 201U);
    EXPECT_TRUE(entry.applied);
    EXPECT_FALSE(entry.effective_defaults.has_value());
}

TEST(sandbox_tls_test, speaks_tls_1_3_and_resumes)
{
    sandbox service{options_with(true)};
    raw_peer first{service.port(), service.ca_pem()};
    EXPECT_EQ(first.tls_version(), "TLSv1.3");
    EXPECT_EQ(exchange(first, health()).result_int(), 200U);
    raw_peer second{service.port(), service.ca_pem(), "localhost", &first};
    EXPECT_EQ(exchange(second, health()).result_int(), 200U);
    EXPECT_TRUE(second.resumed());
    EXPECT_EQ(service.counters().handshakes_resumed, 1U);
    EXPECT_EQ(service.counters().handshake_failures, 0U);
}

TEST(sandbox_tls_test, its_certificate_is_for_this_machine)
{
    sandbox service{options_with(true)};
    for (const std::string name : {"localhost", "127.0.0.1", "::1"}) {
        raw_peer peer{service.port(), service.ca_pem(), name};
        EXPECT_EQ(exchange(peer, health()).result_int(), 200U) << name;
    }
    EXPECT_THROW((raw_peer{service.port(), service.ca_pem(), "example.org"}), boost::system::system_error);
    wait_until([&] { return service.counters().handshake_failures != 0; });
    EXPECT_EQ(service.counters().handshake_failures, 1U);
}

TEST(sandbox_tls_test, each_sandbox_has_an_authority_of_its_own)
{
    const sandbox first{options_with(true)};
    const sandbox second{options_with(true)};
    EXPECT_THROW((raw_peer{first.port(), second.ca_pem()}), boost::system::system_error);
}

TEST(sandbox_options_test, options_reach_the_sandbox_with_the_pro_key)
{
    const sandbox secure{options_with(true)};
    EXPECT_EQ(secure.base_url(), "https://localhost:" + std::to_string(secure.port()));
    EXPECT_EQ(secure.options().base_url, secure.base_url());
    EXPECT_EQ(secure.options().tls.ca_pem, secure.ca_pem());
    EXPECT_EQ(secure.options().api_key.reveal(), "sandbox-pro-key");
    const sandbox plain{options_with(false)};
    EXPECT_EQ(plain.base_url(), "http://localhost:" + std::to_string(plain.port()));
    EXPECT_EQ(plain.ca_pem(), "");
}

/// What a connection to `address` meets.
error_code connect(const char* address, std::uint16_t port)
{
    asio::io_context context;
    asio::ip::tcp::socket socket{context};
    error_code met;
    socket.connect({asio::ip::make_address(address), port}, met);
    return met;
}

bool machine_has_ipv6()
{
    asio::io_context context;
    asio::ip::tcp::acceptor listener{context};
    error_code problem;
    listener.open(asio::ip::tcp::v6(), problem);
    listener.bind({asio::ip::address_v6::loopback(), 0}, problem);
    return !problem;
}

TEST(sandbox_options_test, it_listens_at_both_addresses_of_localhost_where_there_are_two)
{
    const sandbox both{options_with(false)};
    EXPECT_EQ(connect("127.0.0.1", both.port()), error_code{});
    EXPECT_EQ(connect("::1", both.port()) == error_code{}, machine_has_ipv6());

    sandbox_options of_one = options_with(false);
    of_one.address = "127.0.0.1";
    const sandbox one{of_one};
    EXPECT_EQ(one.base_url(), "http://127.0.0.1:" + std::to_string(one.port()));
    EXPECT_EQ(connect("127.0.0.1", one.port()), error_code{});
    EXPECT_NE(connect("::1", one.port()), error_code{});
}

TEST(sandbox_options_test, somebody_else_at_the_other_address_of_localhost_is_not_mistaken_for_it)
{
    if (!machine_has_ipv6()) {
        GTEST_SKIP() << "this machine has no IPv6";
    }
    sandbox_options of_other = options_with(false);
    of_other.address = "::1";
    const sandbox other{of_other};
    sandbox_options same_port = options_with(false);
    same_port.port = other.port();
    EXPECT_THROW(sandbox{same_port}, boost::system::system_error);
}

TEST(sandbox_options_test, unusable_options_are_refused)
{
    const sandbox taken{options_with(false)};
    sandbox_options same_port = options_with(false);
    same_port.port = taken.port();
    EXPECT_THROW(sandbox{same_port}, boost::system::system_error);

    sandbox_options no_address = options_with(false);
    no_address.address = "not an address";
    EXPECT_THROW(sandbox{no_address}, boost::system::system_error);

    sandbox_options no_key = options_with(true);
    no_key.certificate_pem = "x";
    EXPECT_THROW(sandbox{no_key}, boost::system::system_error);

    sandbox_options bad_key = no_key;
    bad_key.private_key_pem = "x";
    EXPECT_THROW(sandbox{bad_key}, boost::system::system_error);
}

} // namespace
