#include "http1/connection_fixture.hpp"
#include "http1/response_table.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <algorithm>
#include <iterator>
#include <set>

namespace sipher::test {
namespace {

using result = response_row::result;

const boost::system::error_code eof = boost::asio::error::eof;
const boost::system::error_code truncated = boost::asio::ssl::error::stream_truncated;

/// Every row in every way that it can come: whole, byte by byte, and cut short after each of its bytes.
class response_table : public connection_test {
protected:
    const detail::exchange_report& receive(const response_row& row, std::string_view bytes,
                                           boost::system::error_code end = {})
    {
        detail::request_view wanted = sample_request;
        wanted.method = row.is_to_head ? verb::head : verb::get;
        return exchange(bytes, end, wanted);
    }

    void expect_success(const response_row& row)
    {
        const detail::exchange_report& exchange = report();
        ASSERT_TRUE(completed);
        EXPECT_FALSE(exchange.code) << exchange.code.message() << ": " << exchange.message;
        EXPECT_EQ(head().status, row.status);
        EXPECT_EQ(body(), row.body);
        EXPECT_EQ(exchange.reached, phase::done);
        EXPECT_TRUE(exchange.header_complete);
        EXPECT_TRUE(exchange.complete);
    }

    void expect_failure(const boost::system::error_code& code)
    {
        const detail::exchange_report& exchange = report();
        ASSERT_TRUE(completed);
        EXPECT_EQ(exchange.code, code) << exchange.code.message() << ": " << exchange.message;
        EXPECT_FALSE(exchange.reusable);
        EXPECT_FALSE(exchange.complete);
        EXPECT_TRUE(peer->is_closed());
    }

    /// What is right if it ends without having been completed.
    static boost::system::error_code cut_after(const response_row& row, std::size_t count)
    {
        if (count == 0) {
            return errc::no_response;
        }
        return count < row.header.size() || row.status == 0 ? errc::incomplete_header : errc::incomplete_body;
    }

    void expect_whole(const response_row& row)
    {
        const std::string bytes = row.header + row.framed + row.extra;
        receive(row, bytes);
        switch (row.expected) {
        case result::accepted:
            expect_success(row);
            EXPECT_EQ(report().reusable, row.reusable);
            break;
        case result::ends_with_stream:
            EXPECT_FALSE(completed);
            peer->end(eof);
            run();
            expect_success(row);
            EXPECT_FALSE(report().reusable);
            break;
        case result::incomplete:
            EXPECT_FALSE(completed);
            peer->end(eof);
            run();
            expect_failure(cut_after(row, bytes.size()));
            break;
        case result::refused: expect_failure(errc::protocol_error); break;
        }
    }

    /// With the end of a stream that proves nothing.
    void expect_cut(const response_row& row, std::size_t count)
    {
        const std::string bytes = row.header + row.framed;
        receive(row, std::string_view{bytes}.substr(0, count), truncated);
        const bool in_header = count < row.header.size();
        if (!in_header && row.expected == result::ends_with_stream && row.status >= 400 && count == row.header.size()) {
            // A bare header and a bare end: the refusal stands.
            ASSERT_TRUE(completed);
            EXPECT_FALSE(report().code);
            EXPECT_TRUE(report().complete);
            return;
        }
        expect_failure(cut_after(row, count));
    }

    void expect_cut_refused(const response_row& row, std::size_t count)
    {
        const auto& exchange = receive(row, std::string_view{row.header}.substr(0, count), truncated);
        ASSERT_TRUE(completed);
        EXPECT_TRUE(exchange.code);
        EXPECT_FALSE(exchange.reusable);
        EXPECT_FALSE(exchange.complete);
        // What was refused does not become better by what follows.
        EXPECT_TRUE(!refused_before || exchange.code == errc::protocol_error);
        refused_before = exchange.code == errc::protocol_error;
    }

    bool refused_before = false;
};

std::vector<response_row> all_rows()
{
    std::vector<response_row> rows = acceptable_responses();
    std::ranges::copy(incomplete_responses(), std::back_inserter(rows));
    std::ranges::copy(refused_responses(), std::back_inserter(rows));
    return rows;
}

TEST_F(response_table, is_large_and_names_each_row_once)
{
    std::set<std::string_view> names;
    const auto rows = all_rows();
    EXPECT_GE(rows.size(), 150U);
    for (const response_row& row : rows) {
        EXPECT_TRUE(row.expected == result::refused || names.insert(row.name).second) << row.name;
    }
}

TEST_F(response_table, whole)
{
    for (const response_row& row : all_rows()) {
        SCOPED_TRACE(row.name);
        expect_whole(row);
    }
}

TEST_F(response_table, byte_by_byte)
{
    largest_read = 1;
    for (const response_row& row : all_rows()) {
        // Bytes that follow are not known of when the response is complete.
        if (row.extra.empty()) {
            SCOPED_TRACE(row.name);
            expect_whole(row);
        }
    }
}

TEST_F(response_table, in_pieces_of_any_size)
{
    for (const response_row& row : all_rows()) {
        SCOPED_TRACE(row.name);
        for (std::size_t size = 2; size < row.header.size() + row.framed.size() && row.extra.empty(); ++size) {
            largest_read = size;
            expect_whole(row);
        }
    }
}

TEST_F(response_table, cut_at_every_byte)
{
    for (const response_row& row : all_rows()) {
        SCOPED_TRACE(row.name);
        refused_before = false;
        for (std::size_t count = 0; count < row.header.size() + row.framed.size(); ++count) {
            SCOPED_TRACE(count);
            if (row.expected == result::refused) {
                expect_cut_refused(row, count);
            } else {
                expect_cut(row, count);
            }
        }
    }
}

} // namespace
} // namespace sipher::test
