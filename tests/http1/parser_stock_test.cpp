#include "http1/parser_stock.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using sipher::limit_options;
using sipher::detail::parser_stock;
using sipher::detail::response_parser;

const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nRetry-After: 7\r\n\r\nhello";

TEST(parser_stock, lends_the_same_parser_again_and_clear)
{
    parser_stock stock{limit_options{}};
    std::unique_ptr<response_parser> parser = stock.take();
    const response_parser* const first = parser.get();
    parser->start(false, true);
    parser->put(response);
    ASSERT_TRUE(parser->is_complete());
    stock.give_back(std::move(parser));

    parser = stock.take();
    EXPECT_EQ(parser.get(), first);
    EXPECT_FALSE(parser->is_header_complete());
    EXPECT_EQ(parser->body(), "");
    EXPECT_EQ(parser->head().retry_after, "");
    EXPECT_TRUE(parser->head().fields.empty());
    parser->start(false, false);
    EXPECT_EQ(parser->put(response), response.size());
    EXPECT_EQ(parser->body(), "hello");
}

TEST(parser_stock, gives_a_refused_or_unfinished_response_no_part_in_the_next)
{
    parser_stock stock{limit_options{}};
    for (const std::string before :
         {"nonsense\r\n\r\n", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe"}) {
        std::unique_ptr<response_parser> parser = stock.take();
        parser->start(false, false);
        parser->put(before);
        stock.give_back(std::move(parser));

        parser = stock.take();
        parser->start(false, false);
        EXPECT_EQ(parser->put(response), response.size()) << before;
        EXPECT_EQ(parser->message(), "") << before;
        EXPECT_EQ(parser->body(), "hello") << before;
        stock.give_back(std::move(parser));
    }
}

TEST(parser_stock, lends_as_many_as_are_asked_for)
{
    parser_stock stock{limit_options{}};
    std::vector<std::unique_ptr<response_parser>> lent;
    for (int i = 0; i < 10; ++i) {
        lent.push_back(stock.take());
    }
    for (auto& each : lent) {
        stock.give_back(std::move(each));
    }
    EXPECT_NE(stock.take(), nullptr);
}

} // namespace
