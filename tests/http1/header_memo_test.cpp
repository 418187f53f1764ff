#include "http1/header_memo.hpp"
#include "http1/response_parser.hpp"

#include <sipher/testing/manual_clock.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <sstream>
#include <string>
#include <string_view>

namespace sipher::detail {
namespace {

constexpr std::string_view usual = "HTTP/1.1 200 OK\r\n"
                                   "Content-Security-Policy: default-src 'self';base-uri 'self'\r\n"
                                   "X-Frame-Options:SAMEORIGIN\r\n"
                                   "RateLimit-Limit: 100\r\n"
                                   "RateLimit-Remaining:  99 \r\n"
                                   "X-Request-ID: 17daef44b033922\r\n"
                                   "Content-Length: 5\r\n"
                                   "Date: Wed, 25 Nov 2026 01:00:00 GMT\r\n"
                                   "Connection: keep-alive\r\n"
                                   "Keep-Alive: timeout=5\r\n"
                                   "Empty:\r\n"
                                   "\r\nhello";

rate_limit_state rate_limit_of(const response_head& head)
{
    static const testing::manual_clock clock;
    return tightest(head.rate_limit.plausible(head.date, clock));
}

enum class way { with_memo, without };

/// What the parser makes of bytes that come all at once, on a connection that had a usual response before. Where all
/// fields are to be kept, Beast's parser sees them all.
std::string summary(std::string_view bytes, way how, const limit_options& limits = {}, std::string_view before = usual)
{
    response_parser parser{limits};
    parser.put(before);
    parser.clear();
    parser.start(false, how == way::without);
    const std::size_t left = bytes.size() - parser.put(bytes);
    if (!parser.message().empty()) {
        return "refused";
    }
    if (!parser.is_header_complete()) {
        return "incomplete";
    }
    const response_head& head = parser.head();
    const rate_limit_state limit = rate_limit_of(head);
    std::ostringstream text;
    text << head.status << "|" << head.request_id << "|" << head.date << "|" << head.location << "|" << head.retry_after
         << "|" << head.content_type << "|" << head.content_encoding << "|" << head.server << "|" << head.mitigation
         << "|" << head.closes << "|" << head.field_count << "|" << limit.remaining.value_or(0) << "|"
         << limit.limit.value_or(0) << "|" << head.keep_alive.value_or(std::chrono::seconds{}).count() << "|"
         << parser.body() << "|" << left << "|" << parser.is_complete() << parser.keeps_alive()
         << parser.ends_with_stream();
    return text.str();
}

void expect_no_difference(std::string_view bytes, const limit_options& limits = {})
{
    EXPECT_EQ(summary(bytes, way::with_memo, limits), summary(bytes, way::without, limits)) << bytes;
}

/// One that has the usual header before it.
struct warm_memo {
    warm_memo()
    {
        memo.remember(usual.substr(0, usual.size() - 5),
                      read_header(usual.substr(0, usual.size() - 5), head, false, 100));
    }

    /// Whether the memo is enough for such a header.
    bool reads(std::string_view bytes)
    {
        head.clear();
        return memo.read(bytes, head, framing) != 0;
    }

    header_memo memo;
    response_head head;
    message_framing framing;
};

std::string replaced(std::string_view old_part, std::string_view new_part)
{
    std::string text{usual};
    return text.replace(text.find(old_part), old_part.size(), new_part);
}

TEST(header_memo, status_length_and_values_may_differ)
{
    warm_memo memo;
    EXPECT_TRUE(memo.reads(usual));
    EXPECT_EQ(memo.head.field_count, 10U);
    EXPECT_EQ(rate_limit_of(memo.head).remaining, 99U);
    EXPECT_EQ(memo.head.request_id, "17daef44b033922");
    EXPECT_EQ(memo.head.keep_alive, std::chrono::seconds{5});
    EXPECT_TRUE(memo.reads(replaced("200 OK", "404 Not Found")));
    EXPECT_EQ(memo.head.status, 404U);
    EXPECT_TRUE(memo.framing.keeps_alive);
    EXPECT_TRUE(memo.reads(replaced("Length: 5", "Length: 1234")));
    EXPECT_EQ(memo.framing.length, 1234U);
    EXPECT_TRUE(memo.reads(replaced("  99 ", "7")));
    EXPECT_EQ(rate_limit_of(memo.head).remaining, 7U);
    EXPECT_TRUE(memo.reads(replaced("SAMEORIGIN", "DENY")));
}

TEST(header_memo, whatever_else_is_new_is_left_to_the_parser)
{
    for (const std::string& bytes : {
             replaced("HTTP/1.1", "HTTP/1.0"),
             replaced("200 OK", "200"),
             replaced("200 OK", "100 Continue"),
             replaced("200 OK", "2000 OK"),
             replaced("200 OK", "OK"),
             replaced("Length: 5", "Length: +5"),
             replaced("Length: 5", "Length: 5, 5"),
             replaced("Length: 5", "Length:"),
             replaced("Length: 5", "Length: 99999999999999999999"),
             replaced("keep-alive", "close"),
             replaced("Empty:", "Other:"),
             replaced("Empty:", "Empty :"),
             replaced("Empty:", "Empty"),
             replaced("Empty:\r\n", ""),
             replaced("Empty:\r\n", "Empty:\r\nMore: 1\r\n"),
             replaced("Empty:\r\n", "Empty:\n"),
             replaced("Empty:\r\n", "Empty:\r\n folded\r\n"),
             replaced("SAMEORIGIN", "SAME\tORIGIN"),
             replaced("SAMEORIGIN", "caf\xc3\xa9"),
             replaced("SAMEORIGIN", "\x7f"),
             replaced("SAMEORIGIN", "A\rB"),
             replaced("SAMEORIGIN", "A\nB"),
             replaced("\r\n\r\nhello", "\r\n"),
             replaced("\r\n\r\nhello", "\r\n\r"),
             std::string{"HTTP/1.1 200 OK\r\n\r\n"},
             std::string{"HTTP/1.1 200"},
             std::string{},
         }) {
        warm_memo memo;
        EXPECT_FALSE(memo.reads(bytes)) << bytes;
        expect_no_difference(bytes);
    }
}

TEST(header_memo, ambiguous_headers_are_not_remembered)
{
    for (const std::string& bytes : {replaced("Empty:", "Content-Length: 5"), replaced("Length: 5", "Length: 5, 5"),
                                     replaced("SAMEORIGIN", "A\r\n folded"),
                                     replaced("SAMEORIGIN", std::string(5000, 'a')), replaced("200 OK", "200")}) {
        header_memo memo;
        memo.remember(std::string_view{bytes}.substr(0, bytes.size() - 5), {});
        response_head head;
        message_framing framing;
        EXPECT_EQ(memo.read(bytes, head, framing), 0U) << bytes;
        EXPECT_EQ(summary(bytes, way::with_memo, {}, bytes), summary(bytes, way::without, {}, bytes));
    }
}

TEST(header_memo, it_follows_the_service)
{
    response_parser parser{limit_options{}};
    const std::string other = replaced("Empty:\r\n", "Retry-After: 7\r\n");
    for (const std::string_view bytes : {usual, std::string_view{other}, usual, std::string_view{other}}) {
        parser.clear();
        parser.put(bytes);
        EXPECT_EQ(parser.message(), "");
        EXPECT_EQ(parser.head().retry_after, bytes == usual ? "" : "7");
        EXPECT_EQ(parser.body(), "hello");
    }
}

TEST(header_memo, all_fields_are_counted)
{
    for (const bool keep_fields : {false, true}) {
        response_parser parser{limit_options{}};
        parser.start(false, keep_fields);
        parser.put(usual);
        EXPECT_EQ(parser.head().field_count, 10U);
        EXPECT_EQ(parser.head().fields.size(), keep_fields ? 10U : 0U);
    }
}

TEST(header_memo, limits_hold)
{
    limit_options limits;
    std::string bytes{"HTTP/1.1 200 OK\r\n"};
    for (int i = 0; i < 20; ++i) {
        bytes += "X-Something: y\r\n";
    }
    bytes += "\r\n";
    for (std::uint32_t most = 18; most < 23; ++most) {
        limits.header_fields = most;
        expect_no_difference(bytes, limits);
        EXPECT_EQ(summary(bytes, way::with_memo, limits) == "refused", most < 20) << most;
    }
    for (std::uint32_t more = 0; more < 6; ++more) {
        limits.header_size = static_cast<std::uint32_t>(bytes.size()) - 3 + more;
        expect_no_difference(bytes, limits);
    }
}

/// With up to three changes.
std::string changed(std::string bytes, std::mt19937& random)
{
    const std::string_view odd{"\0\t\n\r :;,0aZ\x7f\x80\xff", 15};
    for (auto changes = random() % 4; changes != 0; --changes) {
        const std::size_t place = random() % bytes.size();
        switch (random() % 3) {
        case 0: bytes[place] = odd[random() % odd.size()]; break;
        case 1: bytes.insert(place, 1, odd[random() % odd.size()]); break;
        default: bytes.erase(place, 1 + random() % 8); break;
        }
    }
    return bytes;
}

TEST(header_memo, it_reads_every_header_as_the_parser_does)
{
    std::mt19937 random{20261125};
    for (int i = 0; i < 50'000 && !HasFailure(); ++i) {
        const std::string before = changed(std::string{usual}, random);
        const std::string bytes = changed(before, random);
        EXPECT_EQ(summary(bytes, way::with_memo, {}, before), summary(bytes, way::without)) << before << bytes;
    }
}

} // namespace
} // namespace sipher::detail
