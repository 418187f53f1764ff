#pragma once

#include "http1/connection.hpp"
#include "runtime/timer_queue.hpp"
#include "sandbox/certificates.hpp"
#include "support/exchange.hpp"
#include "support/scripted_stream.hpp"
#include "support/tls_in_memory.hpp"
#include "tls/tls_context.hpp"

#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace sipher::test {

/// A connection over TLS to a server in memory, whose bytes arrive when the test says so.
class tls_connection_test : public ::testing::Test {
protected:
    tls_connection_test()
    {
        const auto identity = issue(authority, testing::detail::certificate_spec{});
        server_context.use_certificate_chain(boost::asio::buffer(identity.certificate));
        server_context.use_private_key(boost::asio::buffer(identity.private_key), boost::asio::ssl::context::pem);
        trusting.ca_pem = authority.certificate;
        trust();
    }

    ~tls_connection_test() override
    {
        if (connection) {
            connection->close({}, true);
        }
        context.poll();
    }

    void trust() { client_context = std::make_unique<detail::tls_context>(trusting, "localhost", false, clock); }

    /// Both sides of the handshake up to its end.
    void connect()
    {
        open_channel();
        for (int step = 0; step < 10; ++step) {
            EXPECT_FALSE(channel->handshake().failure);
            peer->send(server->take(peer->received()));
        }
        make_connection();
    }

    /// The client's side of it, whose last message the server has not read.
    void connect_unheard()
    {
        open_channel();
        while (!channel->handshake().done()) {
            const std::string flight = server->take(peer->received());
            ASSERT_FALSE(flight.empty());
            peer->send(flight);
        }
        make_connection();
    }

    void begin()
    {
        completed = false;
        run_exchange(*connection, post_request(), {}, [this](const auto&) { completed = true; });
        run();
    }

    void run()
    {
        context.restart();
        context.poll();
    }

    void open_channel()
    {
        if (connection) {
            connection->close({}, true);
        }
        peer = std::make_shared<scripted_peer>(context.get_executor());
        server = std::make_unique<tls_in_memory>(server_context);
        channel = client_context->make_channel(peer->make_stream());
    }

    void make_connection()
    {
        connection =
            std::make_shared<detail::connection>(context.get_executor(), std::move(channel), "peer",
                                                 std::make_shared<detail::parser_pool>(limit_options{}), timers);
        connection->open({});
    }

    static constexpr std::string_view request =
        "POST /v1/sessions HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: id\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\n\r\n{}";

    static detail::request_view post_request()
    {
        detail::request_view post;
        post.method = verb::post;
        post.target = "/v1/sessions";
        post.fields = "Host: localhost\r\n";
        post.request_id = "id";
        post.body = "{}";
        return post;
    }

    const testing::detail::pem_pair authority = testing::detail::make_authority();
    boost::asio::io_context context;
    std::shared_ptr<testing::manual_clock> clock = std::make_shared<testing::manual_clock>(
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    std::shared_ptr<detail::timer_queue> timers = detail::timer_queue::make(context.get_executor(), clock);
    boost::asio::ssl::context server_context{boost::asio::ssl::context::tls_server};
    tls_options trusting;
    std::unique_ptr<detail::tls_context> client_context;
    std::shared_ptr<scripted_peer> peer;
    std::unique_ptr<tls_in_memory> server;
    std::unique_ptr<detail::channel> channel;
    std::shared_ptr<detail::connection> connection;
    bool completed = false;
};

} // namespace sipher::test
