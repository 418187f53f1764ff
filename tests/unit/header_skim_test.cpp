#include "connection/header_skim.hpp"
#include "connection/response_parser.hpp"

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

/// What the parser makes of bytes that come all at once. Where all fields are to be kept, Beast's parser sees them all.
std::string told(std::string_view bytes, bool skims, const limit_options& limits = {})
{
    response_parser parser{limits};
    parser.start(false, !skims);
    const std::size_t left = bytes.size() - parser.put(bytes);
    if (!parser.problem().empty()) {
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
    EXPECT_EQ(told(bytes, true, limits), told(bytes, false, limits)) << bytes;
}

TEST(header_skim, only_what_bears_on_the_framing_is_left_to_the_parser)
{
    response_head head;
    std::string kept;
    EXPECT_EQ(skim_header(usual, head, kept), usual.size() - 5);
    EXPECT_EQ(head.field_count, 8U);
    EXPECT_EQ(kept, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(rate_limit_of(head).remaining, 99U);
    EXPECT_EQ(head.request_id, "17daef44b033922");
    EXPECT_EQ(head.keep_alive, std::chrono::seconds{5});
}

TEST(header_skim, what_is_unusual_or_not_complete_is_left_to_the_parser_as_a_whole)
{
    for (const std::string_view bytes :
         {"HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n\r",
          "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\n: b\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: b\tc\r\n\r\n", "HTTP/1.1 200 OK\r\nA: caf\xc3\xa9\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: \xff\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \x01\r\n\r\n",
          "HTTP/1.1 200 OK\r\nA: \x7f\r\n\r\n", "HTTP/1.1 200 OK\r\nA\r\n\r\n"}) {
        response_head head;
        std::string kept;
        EXPECT_EQ(skim_header(bytes, head, kept), 0U) << bytes;
        expect_no_difference(bytes);
    }
}

TEST(header_skim, all_fields_are_counted)
{
    for (const bool keep_fields : {false, true}) {
        response_parser parser{limit_options{}};
        parser.start(false, keep_fields);
        parser.put(usual);
        EXPECT_EQ(parser.head().field_count, 10U);
        EXPECT_EQ(parser.head().fields.size(), keep_fields ? 10U : 0U);
    }
}

TEST(header_skim, limits_hold)
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
        EXPECT_EQ(told(bytes, true, limits) == "refused", most < 20) << most;
    }
    for (std::uint32_t more = 0; more < 6; ++more) {
        limits.header_size = static_cast<std::uint32_t>(bytes.size()) - 3 + more;
        expect_no_difference(bytes, limits);
    }
}

TEST(header_skim, whatever_comes_it_is_the_same_as_without)
{
    std::mt19937 random{20261125};
    const std::string_view odd{"\0\t\n\r :;,0aZ\x7f\x80\xff", 15};
    for (int i = 0; i < 50'000; ++i) {
        std::string bytes{usual};
        for (auto changes = 1 + random() % 3; changes != 0; --changes) {
            const std::size_t place = random() % bytes.size();
            switch (random() % 3) {
            case 0: bytes[place] = odd[random() % odd.size()]; break;
            case 1: bytes.insert(place, 1, odd[random() % odd.size()]); break;
            default: bytes.erase(place, 1 + random() % 8); break;
            }
        }
        expect_no_difference(bytes);
        if (::testing::Test::HasFailure()) {
            break;
        }
    }
}

} // namespace
} // namespace sipher::detail
