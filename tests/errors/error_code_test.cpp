#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace {

using boost::system::error_code;
using sipher::condition;
using sipher::errc;

constexpr int last_errc = static_cast<int>(errc::quota_exhausted);
constexpr int last_condition = static_cast<int>(condition::retryable);

error_code status(int value)
{
    return {value, sipher::service_category()};
}

/// All conditions that the code meets.
std::vector<condition> conditions_of(const error_code& code)
{
    std::vector<condition> met;
    for (int i = 1; i <= last_condition; ++i) {
        if (code == static_cast<condition>(i)) {
            met.push_back(static_cast<condition>(i));
        }
    }
    return met;
}

struct row {
    error_code code;
    std::vector<condition> conditions;
};

std::vector<row> all_rows()
{
    using enum condition;
    return {
        {errc::invalid_request, {invalid_request}},
        {errc::client_closed, {closed}},
        {errc::deadline_exceeded, {timeout, retryable}},
        {errc::pool_timeout, {timeout, retryable}},
        {errc::pool_overloaded, {retryable}},
        {errc::rate_limited, {rate_limited, retryable}},
        {errc::quota_exhausted, {rate_limited, retryable}},
        {errc::session_gone, {not_found}},
        {errc::resolve_failed, {transport, retryable}},
        {errc::connect_failed, {transport, retryable}},
        {errc::tls_handshake_failed, {transport, retryable}},
        {errc::tls_verify_failed, {transport}},
        {errc::write_failed, {transport, retryable}},
        {errc::no_response, {transport, retryable}},
        {errc::attempt_timeout, {timeout, transport, retryable}},
        {errc::incomplete_header, {transport, retryable}},
        {errc::incomplete_body, {transport, retryable}},
        {errc::protocol_error, {transport}},
        {errc::desynchronized, {transport, retryable}},
        {errc::bad_payload, {}},
        {errc::proxy_failed, {transport, retryable}},
        {status(302), {}},
        {status(400), {invalid_request}},
        {status(401), {unauthorized}},
        {status(403), {forbidden}},
        {status(404), {not_found}},
        {status(408), {timeout, retryable}},
        {status(409), {}},
        {status(410), {not_found}},
        {status(413), {invalid_request}},
        {status(422), {invalid_request}},
        {status(429), {rate_limited, retryable}},
        {status(500), {server_error, retryable}},
        {status(501), {server_error}},
        {status(502), {server_error, retryable}},
        {status(503), {server_error, retryable}},
        {status(504), {server_error, retryable}},
        {status(599), {server_error}},
        {status(600), {}},
        {boost::asio::error::operation_aborted, {cancelled}},
        {boost::asio::error::connection_reset, {}},
        {error_code{}, {}},
    };
}

TEST(error_code, meets_exactly_the_conditions_of_its_kind)
{
    for (const row& each : all_rows()) {
        EXPECT_EQ(conditions_of(each.code), each.conditions) << each.code.to_string();
    }
}

TEST(error_code, of_one_category_is_not_that_of_another_with_the_same_number)
{
    EXPECT_NE(error_code{errc::invalid_request}, (error_code{1, sipher::service_category()}));
    EXPECT_NE(error_code{errc::invalid_request}, (error_code{1, boost::system::system_category()}));
    EXPECT_NE(sipher::category(), sipher::service_category());
    EXPECT_NE(sipher::category(), sipher::condition_category());
    EXPECT_NE(sipher::service_category(), sipher::condition_category());
}

TEST(error_code, has_its_own_words_for_every_value)
{
    std::set<std::string> messages;
    for (int i = 1; i <= last_errc; ++i) {
        const error_code code = static_cast<errc>(i);
        EXPECT_TRUE(code.failed());
        EXPECT_EQ(code.message().find("unknown"), std::string::npos) << i;
        messages.insert(code.message());
    }
    EXPECT_EQ(messages.size(), static_cast<std::size_t>(last_errc));
    for (int i = 1; i <= last_condition; ++i) {
        EXPECT_EQ(sipher::condition_category().message(i).find("unknown"), std::string::npos) << i;
    }
    EXPECT_EQ(sipher::category().message(last_errc + 1), "unknown error " + std::to_string(last_errc + 1));
    EXPECT_EQ(sipher::condition_category().message(0), "unknown condition 0");
}

TEST(error_code, of_the_service_reads_as_the_status)
{
    EXPECT_EQ(status(404).message(), "404 Not Found");
    EXPECT_EQ(status(504).message(), "504 Gateway Timeout");
    EXPECT_EQ(status(599).message(), "HTTP status 599");
    EXPECT_STREQ(sipher::service_category().name(), "sipher.service");
    EXPECT_STREQ(sipher::category().name(), "sipher");
}

TEST(error_code, enumerations_print_their_words)
{
    std::ostringstream text;
    text << errc::pool_timeout << ", " << sipher::condition::not_found;
    EXPECT_EQ(text.str(), error_code{errc::pool_timeout}.message() + ", " +
                              make_error_condition(sipher::condition::not_found).message());
}

TEST(error_code, of_the_standard_library_meets_conditions_too)
{
    const std::error_code missing = status(404);
    EXPECT_TRUE(missing == sipher::condition::not_found);
    EXPECT_FALSE(missing == sipher::condition::forbidden);
}

} // namespace
