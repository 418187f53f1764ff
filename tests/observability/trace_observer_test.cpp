// Traces of calls against the sandbox, as OTLP's JSON.
#include "support/client_fixture.hpp"

#include <sipher/observability/trace_observer.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using sipher::testing::fault;

class trace_observer_test : public client_test {
protected:
    trace_observer_test()
    {
        trace_options tracing;
        tracing.service_name = "agents";
        tracing.exporter = [this](std::string_view line) { exported.emplace_back(line); };
        tracing.time = clock;
        tracing.random = [this] { return ++ids; };
        options.observer = std::make_shared<trace_observer>(std::move(tracing));
        options.jitter_seed = 1;
        sandbox_options.address = "127.0.0.1";
        options.retry.base_delay = 100ms;
    }

    /// The spans of the last call.
    json::array spans()
    {
        const json::value line = json::parse(exported.back());
        return line.at_pointer("/resourceSpans/0/scopeSpans/0/spans").as_array();
    }

    /// Of the span.
    static std::optional<std::string> attribute(const json::value& span, std::string_view key)
    {
        for (const json::value& each : span.at("attributes").as_array()) {
            if (json::value_to<std::string>(each.at("key")) == key) {
                const json::object& value = each.at("value").as_object();
                return std::string{value.begin()->value().as_string()};
            }
        }
        return std::nullopt;
    }

    /// One that waits for nobody but the clock.
    template <class T>
    error failure_by_the_clock(boost::asio::awaitable<T> work)
    {
        std::optional<error> ended;
        boost::asio::co_spawn(context, std::move(work), [&](const std::exception_ptr& thrown, const T&) {
            ended = error_of(thrown).value_or(error{});
        });
        settle();
        while (!ended) {
            clock->advance(100ms);
            settle();
        }
        return *ended;
    }

    const session_id nobodys{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
    std::uint64_t ids = 0;
    std::vector<std::string> exported;
};

TEST_F(trace_observer_test, a_retried_call_is_a_span_with_one_for_each_attempt)
{
    sandbox().add_fault(fault::respond(503, "overloaded"));
    EXPECT_EQ(failure_by_the_clock(client().get_session(nobodys)).status(), 404U);
    ASSERT_EQ(exported.size(), 1U);
    const json::array made = spans();
    ASSERT_EQ(made.size(), 3U);
    const json::value& call = made[0];
    EXPECT_EQ(call.at("name"), "get_session");
    EXPECT_FALSE(call.as_object().contains("parentSpanId"));
    EXPECT_EQ(call.at("kind"), 1);
    EXPECT_EQ(call.at("status").at("code"), 2);
    EXPECT_EQ(attribute(call, "error.type"), "404");
    EXPECT_EQ(attribute(call, "sipher.attempts"), "2");
    for (const json::value& each : {made[1], made[2]}) {
        EXPECT_EQ(each.at("name"), "GET");
        EXPECT_EQ(each.at("kind"), 3);
        EXPECT_EQ(each.at("traceId"), call.at("traceId"));
        EXPECT_EQ(each.at("parentSpanId"), call.at("spanId"));
        EXPECT_EQ(attribute(each, "http.request.method"), "GET");
        EXPECT_EQ(attribute(each, "url.full"), options.base_url + "/v1/sessions/sess_e00de789…");
        EXPECT_EQ(attribute(each, "server.address"), "127.0.0.1");
        EXPECT_EQ(attribute(each, "server.port"), std::to_string(sandbox().port()));
        EXPECT_EQ(attribute(each, "network.peer.address"), "127.0.0.1");
        EXPECT_LE(call.at("startTimeUnixNano").as_string(), each.at("startTimeUnixNano").as_string());
        EXPECT_GE(call.at("endTimeUnixNano").as_string(), each.at("endTimeUnixNano").as_string());
    }
    EXPECT_EQ(attribute(made[1], "http.response.status_code"), "503");
    EXPECT_EQ(attribute(made[1], "http.request.resend_count"), std::nullopt);
    EXPECT_EQ(attribute(made[2], "http.response.status_code"), "404");
    EXPECT_EQ(attribute(made[2], "http.request.resend_count"), "1");
    EXPECT_LT(made[1].at("endTimeUnixNano").as_string(), made[2].at("endTimeUnixNano").as_string());
}

TEST_F(trace_observer_test, the_line_is_that_of_the_specification)
{
    clock->advance(5ms);
    run(client().usage());
    std::string line = exported.at(0);
    const json::value port =
        json::parse(line).at_pointer("/resourceSpans/0/scopeSpans/0/spans/1/attributes/3/value/intValue");
    // What differs from run to run.
    for (const auto& [from, to] : {std::pair{std::string{port.as_string()}, std::string{"PORT"}},
                                   std::pair{attribute(spans()[1], "sipher.request_id").value(), std::string{"ID"}}}) {
        for (std::size_t at = line.find(from); at != std::string::npos; at = line.find(from)) {
            line.replace(at, from.size(), to);
        }
    }
    EXPECT_EQ(
        line,
        R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"agents"}}]},)"
        R"("scopeSpans":[{"scope":{"name":"sipher","version":")" SIPHER_VERSION R"("},"spans":[)"
        R"({"traceId":"20000000000000003000000000000000","spanId":"1000000000000000","name":"usage","kind":1,)"
        R"("startTimeUnixNano":"1795464000005000000","endTimeUnixNano":"1795464000005000000","attributes":[)"
        R"({"key":"sipher.attempts","value":{"intValue":"1"}}]},)"
        R"({"traceId":"20000000000000003000000000000000","spanId":"4000000000000000",)"
        R"("parentSpanId":"1000000000000000","name":"GET","kind":3,"startTimeUnixNano":"1795464000005000000",)"
        R"("endTimeUnixNano":"1795464000005000000","attributes":[)"
        R"({"key":"http.request.method","value":{"stringValue":"GET"}},)"
        R"({"key":"url.full","value":{"stringValue":"https://127.0.0.1:PORT/v1/billing/usage"}},)"
        R"({"key":"server.address","value":{"stringValue":"127.0.0.1"}},)"
        R"({"key":"server.port","value":{"intValue":"PORT"}},)"
        R"({"key":"network.peer.address","value":{"stringValue":"127.0.0.1"}},)"
        R"({"key":"network.peer.port","value":{"intValue":"PORT"}},)"
        R"({"key":"http.response.status_code","value":{"intValue":"200"}},)"
        R"({"key":"sipher.request_id","value":{"stringValue":"ID"}}]}]}]}]})");
}

TEST_F(trace_observer_test, a_call_belongs_to_the_trace_of_its_caller)
{
    call_options call;
    call.trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    run(client().usage(call));
    EXPECT_EQ(spans()[0].at("traceId"), "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(spans()[0].at("parentSpanId"), "b7ad6b7169203331");
}

/// Those of the W3C's recommendation that are to be passed over: another trace is begun.
TEST_F(trace_observer_test, a_parent_that_makes_no_sense_is_none)
{
    for (const char* parent : {"", "00", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                               "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                               "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                               "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                               "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
                               "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
                               "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                               "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more"}) {
        call_options call;
        call.trace_parent = parent;
        run(client().usage(call));
        EXPECT_FALSE(spans()[0].as_object().contains("parentSpanId")) << parent;
        EXPECT_NE(spans()[0].at("traceId"), "0af7651916cd43dd8448eb211c80319c") << parent;
    }
}

TEST_F(trace_observer_test, a_parent_of_a_later_version_may_have_more_parts)
{
    call_options call;
    call.trace_parent = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings";
    run(client().usage(call));
    EXPECT_EQ(spans()[0].at("parentSpanId"), "b7ad6b7169203331");
}

TEST_F(trace_observer_test, hosts_and_ports_stand_apart_whatever_they_look_like)
{
    const std::vector<std::array<std::string, 3>> rows{
        {"https://[::1]:8443/api", "::1", "8443"},
        {"https://[2001:db8::1]", "2001:db8::1", "443"},
        {"http://service.test", "service.test", "80"},
        {"http://service.test:8080/api", "service.test", "8080"},
    };
    for (const auto& [url, host, port] : rows) {
        call_event begin;
        begin.base_url = url;
        const auto call = options.observer->on_call(begin);
        attempt made;
        made.address = "[2001:db8::2]:4433";
        attempt_event event;
        event.number = 1;
        event.attempt = &made;
        header_list headers;
        call->on_attempt_begin({}, headers);
        call->on_attempt(event);
        call->on_end({});
        EXPECT_EQ(attribute(spans()[1], "server.address"), host) << url;
        EXPECT_EQ(attribute(spans()[1], "server.port"), port) << url;
        EXPECT_EQ(attribute(spans()[1], "network.peer.address"), "2001:db8::2");
        EXPECT_EQ(attribute(spans()[1], "network.peer.port"), "4433");
    }
}

TEST_F(trace_observer_test, an_unsampled_trace_is_not_exported)
{
    call_options call;
    call.trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    run(client().usage(call));
    EXPECT_TRUE(exported.empty());
}

TEST_F(trace_observer_test, a_call_that_is_destroyed_says_so)
{
    sandbox().add_fault(fault::silence());
    {
        boost::asio::io_context elsewhere;
        boost::asio::co_spawn(elsewhere, client().get_session(nobodys),
                              [](const std::exception_ptr&, const session&) {});
        elsewhere.poll();
        settle(1);
    }
    ASSERT_EQ(exported.size(), 1U);
    ASSERT_EQ(spans().size(), 2U) << "the attempt under way, too";
    EXPECT_EQ(attribute(spans()[0], "error.type"), "abandoned");
    EXPECT_EQ(attribute(spans()[0], "sipher.attempts"), "1");
    EXPECT_EQ(attribute(spans()[1], "error.type"), "abandoned");
}

TEST(trace_options, need_an_exporter)
{
    EXPECT_THROW(trace_observer{trace_options{}}, error);
}

} // namespace
} // namespace sipher::test
