#include "http1/connection_fixture.hpp"
#include "memory/watched_memory.hpp"
#include "support/allocation_faults.hpp"
#include "tls/tls_connection_fixture.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

namespace sipher::test {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;
const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A response that never ends: how it begins, and what comes then again and again.
struct endless_response {
    const char* what;
    std::string beginning;
    std::string repeated;
};

class endless : public connection_test, public ::testing::WithParamInterface<endless_response> {
protected:
    /// Until the client has had enough; returns what it held at most.
    std::size_t memory_for(const limit_options& bounds)
    {
        constexpr std::size_t piece = 64 * 1024;
        std::string bytes;
        {
            const allocation_truce own;
            limits = bounds;
            connect(limits);
            begin();
            bytes = GetParam().repeated;
            while (bytes.size() < piece) {
                bytes += bytes;
            }
            peer->send(GetParam().beginning);
        }
        const std::size_t before = watched_memory::held;
        watched_memory::peak = before;
        const std::size_t enough = 2 * (limits.body_size + limits.header_size) + mebibyte;
        for (std::size_t sent = 0; sent < enough * 32 && !completed; sent += bytes.size()) {
            peer->send(bytes);
            run();
        }
        EXPECT_TRUE(completed) << "it is still listening";
        EXPECT_EQ(report().code, errc::protocol_error) << report().message;
        return watched_memory::peak - before;
    }
};

TEST_P(endless, is_held_within_the_limits)
{
    EXPECT_LE(memory_for({}), limit_options{}.header_size + limit_options{}.body_size + mebibyte);
    limit_options small;
    small.header_size = 1024;
    small.body_size = 1024;
    EXPECT_LE(memory_for(small), small.header_size + small.body_size + 64 * 1024);
    limit_options large;
    large.header_size = 256 * 1024;
    large.header_fields = 10'000;
    large.body_size = 12 * mebibyte;
    EXPECT_LE(memory_for(large), large.header_size + large.body_size + mebibyte);
}

INSTANTIATE_TEST_SUITE_P(
    table, endless,
    ::testing::Values(
        endless_response{"line", "", "HTTP/1.1 200 "}, endless_response{"nothing_like_it", "", "x"},
        endless_response{"field", "HTTP/1.1 200 OK\r\nA: ", "x"},
        endless_response{"fields", "HTTP/1.1 200 OK\r\n", "A: 1\r\n"},
        endless_response{"folds", "HTTP/1.1 200 OK\r\nA: 1\r\n", " x\r\n"},
        endless_response{"interim", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"},
        endless_response{"body", "HTTP/1.1 200 OK\r\n\r\n", "x"},
        endless_response{"announced_body", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "x"},
        endless_response{"chunk", chunked + "ffffffff\r\n", "x"}, endless_response{"chunks", chunked, "1\r\nx\r\n"},
        endless_response{"size", chunked, "0"}, endless_response{"spaces_after_the_size", chunked + "1", " "},
        endless_response{"extension", chunked + "1;", "x"}, endless_response{"extensions", chunked, "1;x\r\nx\r\n"},
        endless_response{"last_extension", chunked + "0;", "x"}, endless_response{"trailer", chunked + "0\r\nA: ", "x"},
        endless_response{"trailers", chunked + "0\r\n", "A: 1\r\n"},
        endless_response{"name_of_a_trailer", chunked + "0\r\n", "A"}),
    [](const auto& each) { return std::string{each.param.what}; });

class body_memory : public connection_test {};

TEST_F(body_memory, an_absurd_limit_allocates_no_more_than_arrives)
{
    limits.body_size = std::numeric_limits<std::uint64_t>::max();
    for (const char* const length : {"9223372036854775807", "18446744073709551615", "1099511627776"}) {
        const std::size_t before = watched_memory::held;
        watched_memory::peak = before;
        exchange("HTTP/1.1 200 OK\r\nContent-Length: " + std::string{length} + "\r\n\r\n" + std::string(10'000, 'x'),
                 boost::asio::error::eof);
        EXPECT_TRUE(completed);
        EXPECT_EQ(report().code, errc::incomplete_body);
        EXPECT_LE(watched_memory::peak - before, 128U * 1024);
    }
    exchange(chunked + "7fffffffffffffff\r\n" + std::string(10'000, 'x'), boost::asio::error::eof);
    EXPECT_EQ(report().code, errc::incomplete_body);
}

TEST_F(body_memory, a_warm_exchange_allocates_nothing)
{
    std::size_t taken = 0;
    for (int i = 0; i < 3; ++i) {
        begin();
        peer->send("HTTP/1.1 200 OK\r\nX-Request-ID: 2f1c7a04-5c2e-4f0e-9b60-3d8f5c8e7a11\r\nContent-Length: 5\r\n\r\n"
                   "hello");
        const std::size_t before = watched_memory::held;
        watched_memory::peak = before;
        run();
        ASSERT_TRUE(completed);
        taken = watched_memory::peak - before;
    }
    EXPECT_EQ(taken, 0U);
}

/// Nothing of a request or a response is left in memory that is given back.
class secrets_in_memory : public connection_test {
protected:
    ~secrets_in_memory() override { watched_memory::secret = {}; }

    /// Bytes that hold it many times, in memory of the test's own.
    static std::string response_of(std::size_t size, bool in_chunks)
    {
        std::string body;
        while (body.size() < size) {
            body.append(viewing_key).append("\r\n");
        }
        if (!in_chunks) {
            return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        }
        std::string text = chunked;
        for (std::size_t at = 0; at < body.size(); at += 16) {
            const std::string piece = body.substr(at, 16);
            text.append(piece.size() == 16 ? "10" : "0" + std::string(1, "0123456789abcdef"[piece.size()]))
                .append("\r\n")
                .append(piece)
                .append("\r\n");
        }
        return text + "0\r\n\r\n";
    }

    static constexpr std::string_view viewing_key = "0xc0ffee5ec7e7c0ffee5ec7e7c0ffee5ec7e7";
};

TEST_F(secrets_in_memory, are_overwritten)
{
    std::string fields;
    std::string response;
    for (const std::size_t size : {100U, 5'000U, 100'000U, 500'000U}) {
        for (const bool in_chunks : {false, true}) {
            for (const std::size_t read : {std::size_t{7}, std::size_t{60}, mebibyte}) {
                {
                    const allocation_truce own;
                    fields = "X-API-Key: " + std::string{viewing_key} + "\r\n";
                    response = response_of(size, in_chunks);
                }
                watched_memory::secret = viewing_key;
                watched_memory::found = 0;
                connect();
                peer->deliver_at_most(read);
                detail::request_view request = sample_request;
                request.fields = fields;
                request.body = viewing_key;
                begin(request);
                peer->send(response);
                run();
                ASSERT_TRUE(completed);
                EXPECT_NE(body().find(viewing_key), std::string_view::npos);
                connection->close({}, true);
                run();
                connection.reset();
                EXPECT_EQ(watched_memory::found, 0U) << size << " in pieces of " << read;
                watched_memory::secret = {};
            }
        }
    }
}

class idle_memory : public tls_connection_test {};

TEST_F(idle_memory, does_not_grow_by_what_the_peer_says_meanwhile)
{
    connect();
    run();
    connection->release_idle_buffers();
    const std::size_t before = watched_memory::held;
    for (int i = 0; i < 3; ++i) {
        {
            const allocation_truce own;
            peer->send(server->renew_keys());
        }
        run();
        EXPECT_TRUE(connection->is_open());
        EXPECT_LE(watched_memory::held, before + 1024) << i;
    }
}

class secrets_in_openssl : public tls_connection_test {
protected:
    ~secrets_in_openssl() override { watched_memory::secret = {}; }
};

TEST_F(secrets_in_openssl, are_overwritten)
{
    static constexpr std::string_view viewing_key = "0xc0ffee5ec7e7c0ffee5ec7e7c0ffee5ec7e7";
    connect();
    begin();
    {
        const allocation_truce own;
        static_cast<void>(server->take(peer->received()));
        peer->send(server->encrypt("HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\n" + std::string{viewing_key}));
    }
    run();
    ASSERT_TRUE(completed);
    EXPECT_EQ(connection->result().body, viewing_key);
    watched_memory::found = 0;
    watched_memory::secret = viewing_key;
    connection->close({}, false);
    run();
    connection.reset();
    EXPECT_EQ(watched_memory::found, 0U);
}

} // namespace
} // namespace sipher::test
