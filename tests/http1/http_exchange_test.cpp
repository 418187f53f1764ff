#include "http1/connection_fixture.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <tuple>

namespace sipher::test {
namespace {

const boost::system::error_code eof = boost::asio::error::eof;
const boost::system::error_code reset = boost::asio::error::connection_reset;
const boost::system::error_code truncated = boost::asio::ssl::error::stream_truncated;

class framing : public connection_test {
protected:
    void expect_body(std::string_view bytes, std::string_view expected, bool reusable,
                     boost::system::error_code end = {}, const detail::request_view& wanted = sample_request)
    {
        SCOPED_TRACE(bytes.substr(0, 120));
        const auto& report = exchange(bytes, end, wanted);
        EXPECT_TRUE(completed);
        EXPECT_FALSE(report.code) << report.code.message() << ": " << report.message;
        EXPECT_EQ(body(), expected);
        EXPECT_EQ(report.reusable, reusable);
        EXPECT_EQ(report.reached, phase::done);
    }

    void expect_failure(std::string_view bytes, errc code, boost::system::error_code end = {})
    {
        SCOPED_TRACE(bytes.substr(0, 120));
        const auto& report = exchange(bytes, end);
        EXPECT_TRUE(completed);
        EXPECT_EQ(report.code, code) << report.code.message() << ": " << report.message;
        EXPECT_FALSE(report.reusable);
        EXPECT_TRUE(peer->is_closed());
    }
};

TEST_F(framing, a_response_split_anywhere_is_the_same)
{
    const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nKeep-Alive: timeout=5\r\n\r\nhello";
    for (std::size_t at = 0; at <= response.size(); ++at) {
        connect();
        begin();
        peer->send(std::string_view{response}.substr(0, at));
        run();
        EXPECT_EQ(completed, at == response.size());
        peer->send(std::string_view{response}.substr(at));
        run();
        ASSERT_TRUE(completed) << at;
        ASSERT_FALSE(report().code) << at;
        EXPECT_EQ(body(), "hello") << at;
        EXPECT_TRUE(report().reusable) << at;
        EXPECT_EQ(head().keep_alive, std::chrono::seconds{5}) << at;
    }
}

TEST_F(framing, a_response_byte_by_byte_is_the_same)
{
    largest_read = 1;
    expect_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n",
                "abcde", true);
    // Its last chunk is its first one.
    expect_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", true);
    expect_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\n\r\n", "", true);
}

TEST_F(framing, chunks_split_anywhere_are_the_same)
{
    const std::string response =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    for (std::size_t at = 0; at <= response.size(); ++at) {
        connect();
        begin();
        peer->send(std::string_view{response}.substr(0, at));
        run();
        EXPECT_EQ(completed, at == response.size()) << at;
        peer->send(std::string_view{response}.substr(at));
        run();
        ASSERT_TRUE(completed) << at;
        EXPECT_FALSE(report().code) << at;
        EXPECT_EQ(body(), "abcde") << at;
        EXPECT_TRUE(report().reusable) << at;
    }
}

TEST_F(framing, lengths_and_chunks)
{
    expect_body("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true);
    expect_body("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "abc", true);
    expect_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc", true);
    expect_body("HTTP/1.1 204 No Content\r\n\r\n", "", true);
    expect_body("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", "", true);
}

TEST_F(framing, a_complete_response_stands_even_if_the_connection_ends_then)
{
    const auto& report = exchange("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", truncated);
    EXPECT_FALSE(report.code);
    EXPECT_EQ(body(), "abc");
}

TEST_F(framing, contradictory_or_malformed_framing_is_refused)
{
    for (const char* fields :
         {"Content-Length: 3\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 3",
          "Transfer-Encoding: identity\r\nContent-Length: 3",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Content-Length: 3\r\nContent-Length: 4",
          "Content-Length: +3", "Content-Length: 3,4", "Content-Length:", "Content-Length: 0x3", "Content-Length: -1",
          "Content-Length: 18446744073709551616", "Bad Name: 1\r\nContent-Length: 3",
          "Name : 1\r\nContent-Length: 3"}) {
        expect_failure("HTTP/1.1 200 OK\r\n" + std::string{fields} + "\r\n\r\nabc", errc::protocol_error);
    }
    for (const char* chunks :
         {"zz\r\nab\r\n", "11111111111111111\r\n", "ffffffffffffffff\r\n", "3\r\nabcXY\r\n", "-3\r\nabc\r\n"}) {
        expect_failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string{chunks},
                       errc::protocol_error, eof);
    }
}

TEST_F(framing, protocols_other_than_http_1_are_refused)
{
    for (const char* text : {"HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 1000 x\r\n\r\n",
                             "HTTP/1.1 2x0 x\r\n\r\n", "<html>hello</html>\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                             "HTTP/1.1 600 x\r\nContent-Length: 0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"}) {
        expect_failure(text, errc::protocol_error);
    }
    const std::string nul = std::string{"HTTP/1.1 200 OK\r\nA: x"} + '\0' + "y\r\nContent-Length: 0\r\n\r\n";
    expect_failure(nul, errc::protocol_error);
}

TEST_F(framing, a_peer_that_ends_the_first_exchange_without_a_word_may_speak_tls)
{
    expect_failure("", errc::no_response, eof);
    EXPECT_EQ(report().message, "End of file; is this a port for https?");
    // It has spoken HTTP before.
    connect();
    begin();
    peer->send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    run();
    begin();
    peer->end(eof);
    run();
    EXPECT_EQ(report().message, "End of file");
}

TEST_F(framing, cut_responses_say_where_they_were_cut)
{
    expect_failure("", errc::no_response, eof);
    expect_failure("", errc::no_response, reset);
    expect_failure("H", errc::incomplete_header, eof);
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", errc::incomplete_header, truncated);
    expect_failure("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", errc::incomplete_body, eof);
    EXPECT_EQ(head().status, 200U);
    EXPECT_TRUE(report().header_complete);
    expect_failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", errc::incomplete_body, eof);
}

TEST_F(framing, a_response_that_ends_with_the_connection_needs_a_proper_end)
{
    expect_body("HTTP/1.1 200 OK\r\n\r\nhello", "hello", false, eof);
    expect_failure("HTTP/1.1 200 OK\r\n\r\nhello", errc::incomplete_body, truncated);
    expect_failure("HTTP/1.1 200 OK\r\n\r\nhello", errc::incomplete_body, reset);
    expect_body("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n", "", false, truncated);
}

TEST_F(framing, keep_alive_decides_reuse)
{
    const std::string length = "Content-Length: 0\r\n\r\n";
    expect_body("HTTP/1.1 200 OK\r\nConnection: close\r\n" + length, "", false);
    expect_body("HTTP/1.1 200 OK\r\nConnection: CLOSE\r\n" + length, "", false);
    expect_body("HTTP/1.1 200 OK\r\nConnection: foo, close\r\n" + length, "", false);
    expect_body("HTTP/1.1 200 OK\r\nConnection: foo\r\nConnection: close\r\n" + length, "", false);
    expect_body("HTTP/1.0 200 OK\r\n" + length, "", false);
    expect_body("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + length, "", true);
    expect_body("HTTP/1.1 200 OK\r\n" + length + "HTTP/1.1 200 OK\r\n" + length, "", false);
}

TEST_F(framing, interim_responses_are_passed_over)
{
    const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    const std::string final_response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    expect_body("HTTP/1.1 100 Continue\r\n\r\n" + interim + interim + final_response, "ok", true);
    EXPECT_EQ(head().status, 200U);
    std::string many;
    for (int i = 0; i < 33; ++i) {
        many += interim;
    }
    expect_failure(many + final_response, errc::protocol_error);
    expect_failure("HTTP/1.1 101 Switching Protocols\r\n\r\n", errc::protocol_error);
    expect_failure(interim, errc::incomplete_header, eof);
}

TEST_F(framing, a_response_to_head_has_no_body)
{
    detail::request_view to_head = sample_request;
    to_head.method = verb::head;
    expect_body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "", true, {}, to_head);
    const auto& with_body = exchange("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", {}, to_head);
    EXPECT_FALSE(with_body.reusable);
}

TEST_F(framing, limits_hold)
{
    const std::string start = "HTTP/1.1 200 OK\r\n";
    expect_failure(start + "A: " + std::string(33 * 1024, 'x') + "\r\n\r\n", errc::protocol_error);
    expect_failure(std::string(64 * 1024, 'x'), errc::protocol_error);
    std::string fields;
    for (int i = 0; i < 129; ++i) {
        fields += "A: 1\r\n";
    }
    expect_failure(start + fields + "Content-Length: 0\r\n\r\n", errc::protocol_error);
    limits.body_size = 8;
    expect_body(start + "Content-Length: 8\r\n\r\n12345678", "12345678", true);
    expect_failure(start + "Content-Length: 9\r\n\r\n123456789", errc::protocol_error);
    const std::string chunked = start + "Transfer-Encoding: chunked\r\n\r\n";
    expect_body(chunked + "8\r\n12345678\r\n0\r\n\r\n", "12345678", true);
    expect_failure(chunked + "5\r\n12345\r\n4\r\n6789\r\n0\r\n\r\n", errc::protocol_error);
    expect_failure(chunked + "1;" + std::string(5000, 'e') + "\r\n1\r\n0\r\n\r\n", errc::protocol_error);
    expect_failure(start + "\r\n123456789", errc::protocol_error, eof);
}

TEST_F(framing, an_endless_header_in_small_fields_is_refused)
{
    limits.header_fields = 1'000'000;
    connect(limits);
    begin();
    peer->send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 5000 && !completed; ++i) {
        peer->send("A: 12345678\r\n");
        run();
    }
    EXPECT_TRUE(completed);
    EXPECT_EQ(report().code, errc::protocol_error);
}

TEST_F(framing, completeness_follows_from_the_framing)
{
    const auto complete = [this](std::string_view bytes, boost::system::error_code end = {}) {
        const auto& report = exchange(bytes, end);
        EXPECT_TRUE(completed);
        EXPECT_FALSE(report.code) << report.code.message();
        return report.complete;
    };
    EXPECT_TRUE(complete("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    EXPECT_TRUE(complete("HTTP/1.1 204 x\r\n\r\n"));
    EXPECT_TRUE(complete("HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
    EXPECT_TRUE(complete("HTTP/1.1 408 x\r\nContent-Type: text/plain\r\n\r\nslow", eof));
    EXPECT_TRUE(complete("HTTP/1.1 408 x\r\nConnection: close\r\n\r\n", truncated));
    EXPECT_TRUE(complete("HTTP/1.1 400 x\r\nConnection: close\r\n\r\n", reset));
    // A refusal stands, but it said that there was more to it.
    EXPECT_FALSE(complete("HTTP/1.1 408 x\r\nContent-Type: application/json\r\n\r\n", truncated));
    EXPECT_FALSE(complete("HTTP/1.1 413 x\r\nContent-Type: text/html\r\n\r\n", reset));
    EXPECT_EQ(exchange("HTTP/1.1 408 x\r\nConnection: close\r\n\r\n", reset).code, errc::incomplete_body);
    for (const char* const cut : {"HTTP/1.1 408 x\r\n\r\nslo", "HTTP/1.1 408 x\r\nContent-Length: 9\r\n\r\n",
                                  "HTTP/1.1 408 x\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
        const auto& report = exchange(cut, truncated);
        EXPECT_EQ(report.code, errc::incomplete_body);
        EXPECT_TRUE(report.header_complete);
        EXPECT_FALSE(report.complete);
    }
}

TEST_F(framing, refusals_name_what_is_wrong)
{
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::initializer_list<std::pair<std::string, const char*>> cases{
        {ok + "Transfer-Encoding: chunked abc\r\n\r\n", "Transfer-Encoding"},
        {ok + "Transfer-Encoding: identity\r\n\r\n", "Transfer-Encoding"},
        {ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding"},
        {ok + "Content-Length: x\r\n\r\n", "Content-Length"},
        {ok + "Content-Length: 1048577\r\n\r\n", "limits.body_size"},
        {ok + "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n", "limits.body_size"},
        {ok + "A: " + std::string(33 * 1024, 'x'), "limits.header_size"},
        {ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n",
         "the response is compressed (Content-Encoding: gzip), which was not asked for"},
        {"HTTP/1.1 101 x\r\n\r\n", "another protocol"},
        {"SSH-2.0-OpenSSH_9.2\r\n", "does not begin with HTTP/1."},
        {"\x15\x03\x01", "an alert of TLS; is this a port for https?"}};
    for (const auto& [bytes, expected] : cases) {
        expect_failure(bytes, errc::protocol_error);
        EXPECT_NE(report().message.find(expected), std::string::npos) << report().message;
    }
    // Its status counts nevertheless.
    exchange(ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n");
    EXPECT_TRUE(report().header_complete);
}

TEST_F(framing, all_headers_count_against_one_limit)
{
    limits.header_size = 1000;
    const std::string interim = "HTTP/1.1 103 x\r\nA: " + std::string(400, 'x') + "\r\n\r\n";
    const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect_body(interim + interim + chunked + "0\r\n\r\n", "", true);
    expect_failure(interim + interim + interim + chunked + "0\r\n\r\n", errc::protocol_error);
    expect_body(interim + chunked + "0\r\nA: " + std::string(400, 'x') + "\r\n\r\n", "", true);
    expect_failure(interim + interim + chunked + "0\r\nA: " + std::string(400, 'x') + "\r\n\r\n", errc::protocol_error);
    // A header that is as large as it may be leaves room for the end of the body.
    for (const int over : {0, 1}) {
        limits.header_size = static_cast<std::uint32_t>(chunked.size()) - static_cast<std::uint32_t>(over);
        exchange(chunked + "0\r\n\r\n");
        EXPECT_EQ(static_cast<bool>(report().code), over == 1);
    }
}

TEST_F(framing, keep_alive_hints)
{
    using hint = std::optional<std::chrono::seconds>;
    const std::initializer_list<std::tuple<const char*, hint>> cases{{"timeout=5", std::chrono::seconds{5}},
                                                                     {"TIMEOUT=5", std::chrono::seconds{5}},
                                                                     {"max=1, timeout=7", std::chrono::seconds{7}},
                                                                     {"timeout=\"5\"", std::chrono::seconds{5}},
                                                                     {"timeout = 5 , max=3", std::chrono::seconds{5}},
                                                                     {"timeout=-1", hint{}},
                                                                     {"timeout=99999999999", hint{}},
                                                                     {"max=1", hint{}},
                                                                     {"", hint{}},
                                                                     {"timeout", hint{}}};
    for (const auto& [value, expected] : cases) {
        exchange("HTTP/1.1 200 OK\r\nKeep-Alive: " + std::string{value} + "\r\nContent-Length: 0\r\n\r\n");
        EXPECT_EQ(head().keep_alive, expected) << value;
    }
}

} // namespace
} // namespace sipher::test
