#pragma once

#include "http1/connection.hpp"
#include "runtime/timer_queue.hpp"
#include "support/exchange.hpp"
#include "support/scripted_stream.hpp"

#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

namespace sipher::test {

/// What the tests of connections ask for, and how it is written.
inline const detail::request_view sample_request = [] {
    detail::request_view request;
    request.target = "/a";
    request.fields = "Host: b\r\n";
    request.request_id = "id";
    return request;
}();
inline constexpr std::string_view sample_text = "GET /a HTTP/1.1\r\nHost: b\r\nX-Request-ID: id\r\n\r\n";

/// A connection to a scripted peer, on a clock that stands still.
class connection_test : public ::testing::Test, public detail::connection_owner {
protected:
    connection_test() { connect(); }

    ~connection_test() override
    {
        if (connection) {
            connection->close(boost::system::error_code{}, true);
        }
        context.poll();
        EXPECT_TRUE(context.stopped()) << "something still waits";
    }

    void connect(limit_options bounds = {})
    {
        if (connection) {
            connection->close({}, true);
        }
        peer = std::make_shared<scripted_peer>(context.get_executor());
        connection = std::make_shared<detail::connection>(context.get_executor(),
                                                          detail::make_plain_channel(peer->make_stream()), "peer",
                                                          std::make_shared<detail::parser_pool>(bounds), timers);
        connection->open(owner);
        ended_while_idle = false;
    }

    void begin(const detail::request_view& wanted = sample_request, const detail::exchange_parameters& how = {})
    {
        completed = false;
        run_exchange(*connection, wanted, how, [this](const detail::exchange_result&) {
            EXPECT_FALSE(completed) << "completed twice";
            completed = true;
        });
        EXPECT_FALSE(completed) << "completed inline";
    }

    // Of the last exchange.
    [[nodiscard]] const detail::exchange_report& report() const { return *connection->result().report; }
    [[nodiscard]] const detail::response_head& head() const { return *connection->result().head; }
    [[nodiscard]] std::string_view body() const { return connection->result().body; }

    void run()
    {
        context.restart();
        context.poll();
    }

    /// One exchange whose response comes as `bytes` and then ends as specified, if at all.
    const detail::exchange_report& exchange(std::string_view bytes, boost::system::error_code end = {},
                                            const detail::request_view& wanted = sample_request)
    {
        connect(limits);
        peer->deliver_at_most(largest_read);
        begin(wanted);
        peer->send(bytes);
        if (end) {
            peer->end(end);
        }
        run();
        return report();
    }

    void on_connection_closed(detail::connection&, detail::idle_end how) noexcept override
    {
        ended_while_idle = true;
        ended_how = how;
    }

    boost::asio::io_context context;
    std::shared_ptr<testing::manual_clock> clock = std::make_shared<testing::manual_clock>();
    std::shared_ptr<detail::timer_queue> timers = detail::timer_queue::make(context.get_executor(), clock);
    std::shared_ptr<detail::connection_owner> owner{this, [](detail::connection_owner*) {}};
    std::shared_ptr<scripted_peer> peer;
    std::shared_ptr<detail::connection> connection;
    limit_options limits;
    std::size_t largest_read = 1024 * 1024;
    bool completed = false;
    bool ended_while_idle = false;
    detail::idle_end ended_how = detail::idle_end::closed;
};

} // namespace sipher::test
