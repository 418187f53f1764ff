#include "http1/parser_pool.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using sipher::limit_options;
using sipher::detail::parser_pool;
using sipher::detail::response_parser;

const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nRetry-After: 7\r\n\r\nhello";

TEST(parser_pool, lends_the_same_parser_again_and_clear)
{
    parser_pool parsers{limit_options{}};
    std::unique_ptr<response_parser> parser = parsers.take();
    const response_parser* const first = parser.get();
    parser->start(false, true);
    parser->put(response);
    ASSERT_TRUE(parser->is_complete());
    parsers.give_back(std::move(parser));

    parser = parsers.take();
    EXPECT_EQ(parser.get(), first);
    EXPECT_FALSE(parser->is_header_complete());
    EXPECT_EQ(parser->body(), "");
    EXPECT_EQ(parser->head().retry_after, "");
    EXPECT_TRUE(parser->head().fields.empty());
    parser->start(false, false);
    EXPECT_EQ(parser->put(response), response.size());
    EXPECT_EQ(parser->body(), "hello");
}

TEST(parser_pool, gives_a_refused_or_unfinished_response_no_part_in_the_next)
{
    parser_pool parsers{limit_options{}};
    for (const std::string before :
         {"nonsense\r\n\r\n", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"}) {
        std::unique_ptr<response_parser> parser = parsers.take();
        parser->start(false, false);
        parser->put(before);
        parsers.give_back(std::move(parser));

        parser = parsers.take();
        parser->start(false, false);
        EXPECT_EQ(parser->put(response), response.size()) << before;
        EXPECT_EQ(parser->message(), "") << before;
        EXPECT_EQ(parser->body(), "hello") << before;
        parsers.give_back(std::move(parser));
    }
}

TEST(parser_pool, lends_as_many_as_are_asked_for)
{
    parser_pool parsers{limit_options{}};
    std::vector<std::unique_ptr<response_parser>> lent;
    for (int i = 0; i < 10; ++i) {
        lent.push_back(parsers.take());
    }
    for (auto& each : lent) {
        parsers.give_back(std::move(each));
    }
    EXPECT_NE(parsers.take(), nullptr);
}

} // namespace
