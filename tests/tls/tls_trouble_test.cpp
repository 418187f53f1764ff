#include "support/tls_fixture.hpp"

#include <sipher/error_code.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <string_view>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kept_alive = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// Servers that do with TLS what may be done, at a bad time.
class tls_trouble : public tls_test {
protected:
    tls_trouble()
    {
        served.response = kept_alive;
        served.close_after_response = false;
    }

    void use_version(int version)
    {
        served.configure = [version](SSL_CTX* native) {
            SSL_CTX_set_min_proto_version(native, version);
            SSL_CTX_set_max_proto_version(native, version);
        };
    }
};

std::atomic<int> refusals_heard = 0;

void count_refusals(const SSL*, int where, int what)
{
    if (where == SSL_CB_READ_ALERT && (what & 0xff) == SSL_AD_NO_RENEGOTIATION) {
        ++refusals_heard;
    }
}

TEST_F(tls_trouble, another_handshake_on_the_same_connection_is_refused)
{
    refusals_heard = 0;
    served.configure = [](SSL_CTX* native) {
        SSL_CTX_set_max_proto_version(native, TLS1_2_VERSION);
        SSL_CTX_set_info_callback(native, count_refusals);
    };
    served.after_response = [](SSL* ssl) {
        SSL_renegotiate(ssl);
        SSL_do_handshake(ssl);
    };
    expect_success();
    // The server takes the refusal for the end, and says so in a fatal alert.
    run_until(context, [&] { return client->stats().open == 0; });
    EXPECT_EQ(refusals_heard, 1);
    EXPECT_EQ(client->stats().closed_by_peer, 1U);
    expect_success();
    EXPECT_EQ(server->account().handshakes, 2U);
}

TEST_F(tls_trouble, a_close_notify_ends_an_idle_connection)
{
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        use_version(version);
        served.after_response = [](SSL* ssl) { SSL_shutdown(ssl); };
        expect_success();
        run_until(context, [&] { return client->stats().open == 0; });
        // It may come together with the response.
        EXPECT_EQ(client->stats().closed_by_peer + client->stats().closed_not_reusable, 1U);
        expect_success();
        client.reset();
        server.reset();
    }
}

TEST_F(tls_trouble, a_response_in_records_of_one_byte_each)
{
    served.response.clear();
    served.before_response = [](SSL* ssl) {
        for (const char each : kept_alive) {
            SSL_write(ssl, &each, 1);
        }
    };
    expect_success();
    expect_success();
    EXPECT_EQ(server->account().connections, 1U);
}

TEST_F(tls_trouble, a_slow_response_is_waited_for_as_long_as_an_attempt_may_take)
{
    options.retry.max_attempts = 1;
    for (const auto taken : {9'999ms, 10'000ms}) {
        std::atomic<bool> half_way = false;
        std::latch go_on{1};
        served.response.clear();
        served.before_response = [&](SSL* ssl) {
            SSL_write(ssl, kept_alive.data(), 20);
            half_way = true;
            go_on.wait();
            SSL_write(ssl, kept_alive.data() + 20, static_cast<int>(kept_alive.size() - 20));
        };
        open();
        std::optional<std::exception_ptr> ended;
        boost::asio::co_spawn(context, client->request(verb::get, "/anything"),
                              [&](std::exception_ptr thrown, const boost::json::value&) { ended = thrown; });
        run_until(context, [&] { return half_way.load(); });
        clock->advance(taken);
        if (taken < 10s) {
            go_on.count_down();
        }
        run_until(context, [&] { return ended.has_value(); });
        EXPECT_EQ(*ended == nullptr, taken < 10s);
        if (*ended) {
            go_on.count_down();
            EXPECT_EQ(error_of(*ended).value().code(), errc::attempt_timeout);
        }
        client.reset();
        server.reset();
    }
}

} // namespace
} // namespace sipher::test
