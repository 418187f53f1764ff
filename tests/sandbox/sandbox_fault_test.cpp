#include "support/raw_call.hpp"
#include "support/raw_peer.hpp"

#include <sipher/testing/sandbox.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;
using namespace sipher::test;
using sipher::testing::fault;
using sipher::testing::sandbox;
using sipher::testing::sandbox_options;

class sandbox_fault_test : public testing::TestWithParam<bool> {
protected:
    static sandbox_options make_options()
    {
        sandbox_options options;
        options.tls = GetParam();
        options.keep_alive = 0ms;
        return options;
    }

    static raw_call make_create()
    {
        raw_call call{"POST", "/v1/sessions"};
        return call.with_body(R"({"defaults":{}})");
    }

    std::unique_ptr<raw_peer> connect() { return std::make_unique<raw_peer>(service.port(), service.ca_pem()); }

    connection_end bare_fin() const { return GetParam() ? connection_end::bare_fin : connection_end::close_notify; }

    const raw_call create = make_create();
    sandbox service{make_options()};
    std::unique_ptr<raw_peer> peer = connect();
};

INSTANTIATE_TEST_SUITE_P(transports, sandbox_fault_test, testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "tls" : "plain"; });

TEST_P(sandbox_fault_test, faults_are_used_up_in_order_one_a_request)
{
    service.add_fault(fault::respond(502, "<html>"));
    service.add_faults(2, fault::respond(503, ""));
    EXPECT_EQ(exchange(*peer, create).result_int(), 502U);
    EXPECT_EQ(exchange(*peer, create).result_int(), 503U);
    EXPECT_EQ(exchange(*peer, create).result_int(), 503U);
    EXPECT_EQ(exchange(*peer, create).result_int(), 201U);
    EXPECT_EQ(service.counters().created, 1U);
    EXPECT_EQ(service.counters().requests, 4U);
}

TEST_P(sandbox_fault_test, faults_can_be_taken_back)
{
    service.add_fault(fault::drop_request());
    service.clear_faults();
    EXPECT_EQ(exchange(*peer, create).result_int(), 201U);
}

TEST_P(sandbox_fault_test, a_delayed_request_gets_a_proper_response)
{
    service.add_fault(fault::delay(20ms));
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(exchange(*peer, create).result_int(), 201U);
    EXPECT_GE(std::chrono::steady_clock::now() - before, 20ms);
}

TEST_P(sandbox_fault_test, a_response_of_somebody_else_has_only_its_own_header)
{
    service.add_fault(fault::respond(429, "busy", {{"Retry-After", "7"}}));
    const raw_response response = exchange(*peer, create);
    EXPECT_EQ(response.result_int(), 429U);
    EXPECT_EQ(response.body(), "busy");
    EXPECT_EQ(response["Retry-After"], "7");
    EXPECT_EQ(response["X-Request-ID"], "");
    EXPECT_EQ(service.counters().created, 0U);
    EXPECT_EQ(service.ledger().at(0).status, 429U);
    EXPECT_FALSE(service.ledger().at(0).applied);
}

TEST_P(sandbox_fault_test, a_response_that_announces_the_end_is_followed_by_it)
{
    service.add_fault(fault::respond(503, "", {{"Connection", "close"}}));
    EXPECT_EQ(exchange(*peer, create)["Connection"], "close");
    EXPECT_EQ(peer->read_to_end(), "");
}

TEST_P(sandbox_fault_test, act_but_respond_acts)
{
    service.add_fault(fault::act_but_respond(500, R"({"success":false})"));
    const raw_response response = exchange(*peer, create);
    EXPECT_EQ(response.result_int(), 500U);
    EXPECT_EQ(response.body(), R"({"success":false})");
    EXPECT_EQ(service.counters().created, 1U);
    EXPECT_EQ(service.ledger().at(0).status, 500U);
    EXPECT_TRUE(service.ledger().at(0).applied);
}

TEST_P(sandbox_fault_test, a_response_cut_at_any_byte_has_exactly_those_bytes)
{
    raw_call get{"GET", "/v1/sessions/" + create_session(*peer)};
    get.with_header("X-Request-ID", "same");
    const std::string beginning = "HTTP/1.1 200 OK\r\nX-Request-ID: same\r\n";
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{20}, std::size_t{600}}) {
        const auto other = connect();
        service.add_fault(fault::cut_response(size));
        other->send(get.to_bytes());
        const std::string got = other->read_to_end();
        EXPECT_EQ(got.size(), size);
        EXPECT_EQ(got.substr(0, beginning.size()), beginning.substr(0, size));
        EXPECT_EQ(other->end(), bare_fin());
    }
    EXPECT_EQ(service.counters().read, 4U) << "a cut response is one to a request that took effect";
    EXPECT_EQ(service.ledger().back().status, 200U);
}

TEST_P(sandbox_fault_test, a_response_cut_beyond_its_end_is_whole)
{
    service.add_fault(fault::cut_response(1'000'000));
    EXPECT_EQ(exchange(*peer, create).result_int(), 201U);
    EXPECT_EQ(peer->read_to_end(), "");
    EXPECT_EQ(peer->end(), bare_fin());
}

TEST_P(sandbox_fault_test, a_response_can_end_in_a_reset)
{
    service.add_fault(fault::cut_response(10, true));
    peer->send(create.to_bytes());
    EXPECT_LE(peer->read_to_end().size(), 10U);
    EXPECT_EQ(peer->end(), connection_end::reset);
    EXPECT_EQ(service.counters().created, 1U);
}

TEST_P(sandbox_fault_test, a_dropped_request_does_not_take_effect)
{
    for (const bool reset : {false, true}) {
        const auto other = connect();
        service.add_fault(fault::drop_request(reset));
        other->send(create.to_bytes());
        EXPECT_EQ(other->read_to_end(), "");
        EXPECT_EQ(other->end(), reset ? connection_end::reset : bare_fin());
    }
    EXPECT_EQ(service.counters().created, 0U);
    EXPECT_EQ(service.counters().requests, 2U);
    EXPECT_EQ(service.ledger().at(0).status, 0U);
}

TEST_P(sandbox_fault_test, raw_bytes_go_out_as_they_are)
{
    const std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello";
    service.add_fault(fault::raw_response(bytes));
    peer->send(create.to_bytes());
    EXPECT_EQ(peer->read_to_end(), bytes);
    EXPECT_EQ(peer->end(), bare_fin());
    EXPECT_EQ(service.counters().created, 1U);
    EXPECT_EQ(service.ledger().at(0).status, 0U);
}

TEST_P(sandbox_fault_test, silence_lasts_until_the_connection_ends)
{
    service.add_fault(fault::silence());
    peer->send(create.to_bytes());
    const auto other = connect();
    EXPECT_EQ(exchange(*other, create).result_int(), 201U);
    EXPECT_EQ(service.counters().created, 2U);
    EXPECT_EQ(service.counters().open_connections, 2U);
    EXPECT_EQ(service.ledger().at(0).status, 0U);
    peer.reset();
    wait_until([&] { return service.counters().open_connections != 2; });
    EXPECT_EQ(service.counters().open_connections, 1U);
}

TEST_P(sandbox_fault_test, a_header_field_can_be_replaced_or_added)
{
    service.add_fault(fault::with_header("x-request-id", "another"));
    service.add_fault(fault::with_header("X-New", "1"));
    const raw_response replaced = exchange(*peer, create);
    EXPECT_EQ(replaced["X-Request-ID"], "another");
    EXPECT_EQ(replaced.count("X-Request-ID"), 1U);
    EXPECT_EQ(replaced.result_int(), 201U);
    EXPECT_EQ(exchange(*peer, create)["X-New"], "1");
}

TEST_P(sandbox_fault_test, pages_of_intermediaries_come_with_and_without_the_service_acting)
{
    const std::array<fault (*)(bool), 4> kinds{
        [](bool act) { return fault::foreign_page(404, "text/plain", "default backend - 404", act); },
        [](bool act) { return fault::captive_portal(act); },
        [](bool act) { return fault::edge_error(522, act); },
        [](bool act) { return fault::challenge(act); },
    };
    constexpr std::array<unsigned, 4> statuses{404, 200, 522, 403};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        for (const bool act : {false, true}) {
            const auto before = service.counters().created;
            service.add_fault(kinds.at(i)(act));
            const raw_response response = exchange(*peer, create);
            EXPECT_EQ(response.result_int(), statuses.at(i));
            EXPECT_EQ(response.count("X-Request-ID"), 0U);
            EXPECT_FALSE(response.body().empty());
            EXPECT_EQ(service.counters().created - before, act ? 1U : 0U);
            EXPECT_EQ(service.ledger().back().status, statuses.at(i));
        }
    }
}

TEST_P(sandbox_fault_test, pages_of_intermediaries_look_like_theirs)
{
    service.add_fault(fault::foreign_page(404, "text/plain", "default backend - 404"));
    raw_response response = exchange(*peer, create);
    EXPECT_EQ(response["Content-Type"], "text/plain");
    EXPECT_EQ(response.body(), "default backend - 404");
    service.add_fault(fault::captive_portal());
    EXPECT_EQ(exchange(*peer, create)["Content-Type"], "text/html");
    service.add_fault(fault::edge_error(522));
    response = exchange(*peer, create);
    EXPECT_EQ(response["Server"], "cloudflare");
    EXPECT_NE(response["CF-RAY"], "");
    EXPECT_NE(response.body().find("<title>localhost | 522</title>"), std::string::npos) << response.body();
    service.add_fault(fault::challenge());
    EXPECT_EQ(exchange(*peer, create)["cf-mitigated"], "challenge");
}

TEST_P(sandbox_fault_test, the_framing_can_be_made_wrong)
{
    service.add_fault(fault::with_header("Content-Length", "3"));
    const raw_response response = exchange(*peer, create);
    EXPECT_EQ(response.body(), "{\"s");
}

TEST_P(sandbox_fault_test, members_can_be_combined)
{
    fault slow_lie;
    slow_lie.wait = 5ms;
    slow_lie.body = "not json";
    slow_lie.headers.emplace_back("X-New", "1");
    service.add_fault(slow_lie);
    const raw_response response = exchange(*peer, create);
    EXPECT_EQ(response.result_int(), 201U);
    EXPECT_EQ(response.body(), "not json");
    EXPECT_EQ(response["X-New"], "1");
    EXPECT_EQ(service.counters().created, 1U);
}

TEST_P(sandbox_fault_test, a_restart_loses_requests_that_wait)
{
    service.add_fault(fault::delay(1h));
    peer->send(create.to_bytes());
    wait_until([&] { return service.counters().requests != 0; });
    service.restart();
    EXPECT_EQ(peer->read_to_end(), "");
    EXPECT_EQ(service.counters().created, 0U);
}

} // namespace
