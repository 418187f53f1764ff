#include "errors/page_text.hpp"
#include "model/decode.hpp"
#include "model/json_reader.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

namespace json = boost::json;
using sipher::detail::service_error;

/// What a body says, whatever it is.
service_error decode_service_error(unsigned status, const std::string& body)
{
    const auto document = sipher::detail::read_json(body);
    if (!document.failure) {
        return sipher::detail::decode_service_error(status, document.value);
    }
    service_error page;
    page.message = sipher::detail::describe_page(status, body);
    return page;
}

const std::string validation_body =
    R"({"success":false,"error":{"code":"VALIDATION_ERROR","message":"Invalid request data","details":)"
    R"([{"origin":"number","code":"too_small","minimum":60,"inclusive":true,"path":["ttlSeconds"],)"
    R"("message":"Too small: expected number to be >=60"},)"
    R"({"code":"x","path":["defaults","list",0,"chain"],"message":"Invalid option"},)"
    R"({"code":"y","path":[],"message":"Expected object"}]}})";

TEST(service_error, lists_the_issues_of_a_validation_with_their_paths)
{
    const service_error read = decode_service_error(400, validation_body);
    EXPECT_EQ(read.code, "VALIDATION_ERROR");
    EXPECT_EQ(read.service_message, "Invalid request data");
    EXPECT_EQ(read.message, "Invalid request data: ttlSeconds: Too small: expected number to be >=60; "
                            "defaults.list[0].chain: Invalid option; Expected object");
    EXPECT_EQ(read.details.as_array().size(), 3U);
    EXPECT_FALSE(read.retryable);
}

struct row {
    unsigned status;
    std::string body;
    std::string message;
    std::string code;
};

TEST(service_error, is_readable_in_whatever_form_it_comes)
{
    const row rows[] = {
        {404, R"({"success":false,"error":{"code":"SESSION_NOT_FOUND","message":"Session not found"}})",
         "Session not found", "SESSION_NOT_FOUND"},
        {429, R"({"error":{"code":"RATE_LIMIT_EXCEEDED","message":"Too many","details":{"retryAfter":60,"limit":3}}})",
         "Too many: retryAfter 60, limit 3", "RATE_LIMIT_EXCEEDED"},
        {500, R"({"error":{"code":"E","message":"An unexpected error occurred","details":"entity too large"}})",
         "An unexpected error occurred: entity too large", "E"},
        {500, R"({"error":{"code":"E","message":"M","details":null}})", "M", "E"},
        {500, R"({"error":{"code":"E","message":"M","details":{"nested":{"a":1},"none":null,"yes":true}}})",
         "M: yes true", "E"},
        {500, R"({"error":{"code":"E","message":"M","details":["text",7,{"path":["a"]},{"message":"m","path":"p"}]}})",
         "M: text; a; m", "E"},
        {500, R"({"error":{"code":7,"message":[],"details":{}}})", "500 Internal Server Error without an explanation",
         ""},
        {503, R"({"success":false,"data":{"status":"unhealthy","uptime":5}})",
         "503 Service Unavailable: status unhealthy, uptime 5", ""},
        {503, R"({"success":false})", "503 Service Unavailable without an explanation", ""},
        {502, R"({"error":"bad upstream"})", "bad upstream", ""},
        {502, R"({"message":"no healthy upstream"})", "no healthy upstream", ""},
        {502, R"({"error":null})", "502 Bad Gateway without an explanation", ""},
        {502, R"("upstream failed")", "502 Bad Gateway: upstream failed", ""},
        {502, R"([])", "502 Bad Gateway", ""},
        {502, "", "502 Bad Gateway without a body", ""},
        {599, " \r\n\t ", "HTTP status 599 without a body", ""},
        {504, "upstream request timeout\nmore", "504 Gateway Timeout: upstream request timeout", ""},
        {502, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>x</body></html>", "502 Bad Gateway", ""},
        {503, "<!DOCTYPE html><HTML><TITLE>\n  Down for\n maintenance </TITLE>", "503 Service Unavailable: Down for",
         ""},
        {503, "<p></p><h1>Try <b>later</b></h1>", "503 Service Unavailable: Try", ""},
        {503, "<<<<", "503 Service Unavailable", ""},
        {400, "{\"error\":{\"message\":\"cut", "400 Bad Request: {\"error\":{\"message\":\"cut", ""},
    };
    for (const row& each : rows) {
        const service_error read = decode_service_error(each.status, each.body);
        EXPECT_EQ(read.message, each.message) << each.body;
        EXPECT_EQ(read.code, each.code) << each.body;
    }
}

TEST(service_error, keeps_the_details_as_they_came)
{
    EXPECT_EQ(decode_service_error(429, R"({"error":{"details":{"retryAfter":60}}})").details,
              json::parse(R"({"retryAfter":60})"));
    EXPECT_EQ(decode_service_error(500, R"({"error":{"details":"text"}})").details, json::value("text"));
    EXPECT_EQ(decode_service_error(503, R"({"data":{"up":false}})").details, json::parse(R"({"up":false})"));
    EXPECT_TRUE(decode_service_error(502, "no json").details.is_null());
}

TEST(service_error, is_retryable_only_if_it_says_so)
{
    EXPECT_TRUE(decode_service_error(408, R"({"error":{"code":"REQUEST_TIMEOUT","retryable":true}})").retryable);
    EXPECT_FALSE(decode_service_error(408, R"({"error":{"code":"REQUEST_TIMEOUT","retryable":false}})").retryable);
    EXPECT_FALSE(decode_service_error(408, R"({"error":{"code":"REQUEST_TIMEOUT","retryable":"true"}})").retryable);
    EXPECT_FALSE(decode_service_error(408, R"({"retryable":true})").retryable);
}

TEST(service_error, is_bounded_and_printable_whatever_comes)
{
    const std::string bytes = "a\x1b[31m\x7f\xc2\x9b\xe2\x80\xae\xff\xed\xa0\x80z\xc3\xa4";
    const service_error read = decode_service_error(502, bytes);
    EXPECT_EQ(read.message, "502 Bad Gateway: a [31m ????z\xc3\xa4");

    const std::string many(100'000, 'x');
    EXPECT_LT(decode_service_error(502, many).message.size(), 160U);
    EXPECT_LT(decode_service_error(502, "<" + many).message.size(), 160U);
    const std::string envelope = R"({"error":{"code":")" + many + R"(","message":")" + many + R"(","details":[)";
    const std::string issue = R"({"path":[")" + many + R"("],"message":")" + many + R"("})";
    std::string issues = issue;
    for (int i = 0; i < 20; ++i) {
        issues += "," + issue;
    }
    const service_error large = decode_service_error(400, envelope + issues + "]}}");
    EXPECT_LT(large.code.size(), 70U);
    EXPECT_LT(large.service_message.size(), 410U);
    EXPECT_LT(large.message.size(), 2000U);
    EXPECT_TRUE(large.message.ends_with("; …"));
}

TEST(service_error, does_not_cut_a_character_in_two)
{
    std::string text;
    for (int i = 0; i < 100; ++i) {
        text += "ä";
    }
    std::string expected = "502 Bad Gateway: ";
    for (int i = 0; i < 60; ++i) {
        expected += "ä";
    }
    EXPECT_EQ(decode_service_error(502, text).message, expected + "…");
}

TEST(service_error, survives_deep_nesting)
{
    const service_error read = decode_service_error(500, std::string(50'000, '['));
    EXPECT_TRUE(read.message.starts_with("500 Internal Server Error: [[["));
}

TEST(service_error, survives_every_truncation_and_every_wrong_byte)
{
    for (std::size_t i = 0; i < validation_body.size(); ++i) {
        EXPECT_FALSE(decode_service_error(400, validation_body.substr(0, i)).message.empty()) << i;
        for (const char byte : {'\0', '"', '0', '{', ']', '<', '\\', '\xe2'}) {
            std::string mutated = validation_body;
            mutated[i] = byte;
            const service_error read = decode_service_error(400, mutated);
            EXPECT_FALSE(read.message.empty()) << i;
            EXPECT_EQ(read.message.find_first_of(std::string_view{"\0\r\n", 3}), std::string::npos) << i;
        }
    }
}

} // namespace
