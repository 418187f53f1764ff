#include "model/json_writer.hpp"

#include "options/refusal.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace sipher::test {
namespace {

namespace json = boost::json;
using limits = std::numeric_limits<double>;

TEST(json_writer, refuses_numbers_that_json_does_not_have_and_says_where_they_are)
{
    const auto refused = [](const json::value& in) {
        return refusal([&] { static_cast<void>(detail::write_json(in)); });
    };
    for (const double number : {limits::infinity(), -limits::infinity(), limits::quiet_NaN()}) {
        json::value in = json::parse(R"({"a":[1,{"b":2}],"c":3})");
        in.at("a").at(1).at("b") = number;
        EXPECT_EQ(refused(in), "body.a[1].b: must be a finite number: JSON has no others");
        EXPECT_EQ(refused(number), "body: must be a finite number: JSON has no others");
    }
}

TEST(json_writer, writes_what_is_read_again_as_the_same)
{
    const char* const text = R"({"a":[1,-2,{"b":"\u0001\"\\ü"},null,true],"c":1E300,"d":{},"e":[]})";
    const json::value in = json::parse(text);
    EXPECT_EQ(json::parse(detail::write_json(in)), in);
    const json::value large(std::string(100'000, 'x'));
    EXPECT_EQ(json::parse(detail::write_json(large)), large);
    EXPECT_EQ(json::parse(detail::write_json(limits::denorm_min())), json::value(limits::denorm_min()));
}

} // namespace
} // namespace sipher::test
