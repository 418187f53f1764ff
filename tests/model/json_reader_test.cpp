#include "model/json_reader.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>

namespace sipher::detail {
namespace {

namespace json = boost::json;

json::value value_of(std::string_view text)
{
    json_document read = read_json(text);
    EXPECT_FALSE(read.failure) << text.substr(0, 80) << ": " << read.failure.message();
    return std::move(read.value);
}

std::string nested(std::size_t depth, std::string_view inside = "")
{
    return std::string(depth, '[') + std::string{inside} + std::string(depth, ']');
}

std::size_t depth_of(const json::value& value)
{
    const json::array* const items = value.if_array();
    return items == nullptr ? 0 : 1 + (items->empty() ? 0 : depth_of(items->front()));
}

TEST(json_reader, reads_what_is_nested_up_to_its_limit)
{
    for (const std::size_t depth : {std::size_t{1}, std::size_t{32}, std::size_t{40}, deepest_nesting}) {
        const json_document read = read_json(nested(depth));
        EXPECT_FALSE(read.failure) << depth;
        EXPECT_FALSE(read.shortened) << depth;
        EXPECT_EQ(depth_of(read.value), depth);
    }
}

TEST(json_reader, replaces_what_is_nested_more_deeply)
{
    for (const std::size_t depth : {deepest_nesting + 1, std::size_t{1000}, std::size_t{200'000}}) {
        const json_document read = read_json(R"({"a":)" + nested(depth, R"("]",{"b":"\"["})") + R"(,"c":3})");
        ASSERT_FALSE(read.failure) << depth;
        EXPECT_TRUE(read.shortened) << depth;
        EXPECT_EQ(read.value.at("c"), json::value(3)) << "what stands beside it is as it was";
    }
}

TEST(json_reader, refuses_what_is_not_json_however_deep)
{
    for (const std::string& text :
         {std::string{}, std::string{" "}, std::string{"{"}, std::string{"[1,]"}, std::string{"1 2"},
          std::string{"nul"}, std::string{"<html>"}, std::string{"\"\\ud80\""}, std::string{"\"\\ud800"},
          std::string{"1e"}, std::string{"1e+"}, std::string{"[1e00000x]"}, std::string(500, '['),
          std::string(500, '[') + std::string(499, ']'), nested(500) + "]", std::string{"\xEF\xBB"},
          std::string{"\xEF\xBB\xBF"}, std::string{"'a'"}}) {
        EXPECT_TRUE(read_json(text).failure) << text.substr(0, 40);
    }
}

TEST(json_reader, takes_text_that_is_not_utf_8_as_it_is)
{
    for (const std::string& each :
         {std::string{"\xff"}, std::string{"\xc3"}, std::string{"\xed\xa0\x80"}, std::string{"\xf5\x80\x80\x80"}}) {
        EXPECT_EQ(value_of("{\"a\":\"" + each + "\",\"b\":1}").at("b"), json::value(1));
        EXPECT_EQ(value_of("\"" + each + "\"").as_string(), each);
    }
}

TEST(json_reader, takes_half_a_surrogate_pair_for_an_unknown_character)
{
    EXPECT_EQ(value_of(R"("\ud800")").as_string(), "\xEF\xBF\xBD");
    EXPECT_EQ(value_of(R"("\udc00\ud800x")").as_string(), "\xEF\xBF\xBD\xEF\xBF\xBDx");
    EXPECT_EQ(value_of(R"("\ud800\u0041")").as_string(), "\xEF\xBF\xBD"
                                                         "A");
    EXPECT_EQ(value_of(R"("\\ud800")").as_string(), R"(\ud800)") << "no escape";
    EXPECT_EQ(value_of(R"("\ud83d\ude00 \ud800")").as_string(), "\xF0\x9F\x98\x80 \xEF\xBF\xBD");
    EXPECT_EQ(value_of(R"({"\uD800":1})").as_object().begin()->key(), "\xEF\xBF\xBD");
}

TEST(json_reader, passes_over_a_byte_order_mark)
{
    EXPECT_EQ(value_of("\xEF\xBB\xBF 7"), json::value(7));
    EXPECT_EQ(value_of("\xEF\xBB\xBF[\"\\ud800\"]").as_array().size(), 1U);
}

TEST(json_reader, takes_exponents_of_any_size)
{
    EXPECT_EQ(value_of("1e400").as_double(), std::numeric_limits<double>::infinity());
    EXPECT_EQ(value_of("-1E+99999999999999999999").as_double(), -std::numeric_limits<double>::infinity());
    EXPECT_EQ(value_of("1e-99999999999999999999").as_double(), 0.0);
    EXPECT_EQ(value_of("0e99999999999999999999").as_double(), 0.0);
    EXPECT_EQ(value_of("5e000000000000000000000").as_double(), 5.0);
    EXPECT_EQ(value_of("25e-0000000000000000001").as_double(), 2.5);
    EXPECT_EQ(value_of("[\"1e99999999999\",1e99999999999]").at(0).as_string(), "1e99999999999");
}

TEST(json_reader, rounds_to_the_nearest_double)
{
    EXPECT_EQ(value_of("0.9868011474609375").as_double(), 0.9868011474609375);
    EXPECT_EQ(value_of("5e-324").as_double(), std::numeric_limits<double>::denorm_min());
    EXPECT_EQ(value_of("1.7976931348623157e308").as_double(), std::numeric_limits<double>::max());
    EXPECT_EQ(value_of("9007199254740993.0").as_double(), 9007199254740992.0);
    EXPECT_EQ(value_of("18446744073709551616").as_double(), 18446744073709551616.0);
    EXPECT_EQ(value_of("18446744073709551615").as_uint64(), std::numeric_limits<std::uint64_t>::max());
}

TEST(json_reader, reads_back_the_shortest_text_of_any_double)
{
    std::mt19937_64 bits{20'261'125}; // NOLINT(cert-msc51-cpp): the same numbers each time
    int tried = 0;
    while (tried < 4000) {
        // Half of them as they are usual, half of them any.
        const double number =
            tried % 2 == 0 ? std::bit_cast<double>(bits()) : std::ldexp(static_cast<double>(bits() >> 11U), -53);
        if (!std::isfinite(number)) {
            continue;
        }
        ++tried;
        std::array<char, 32> text{};
        const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
        const json::value read = value_of("[" + std::string{text.data(), end} + "]").at(0);
        ASSERT_EQ(read.to_number<double>(), number) << text.data();
    }
}

TEST(json_reader, survives_every_wrong_byte)
{
    const std::string text = R"({"a":[1.5e10,"\ud83d\ude00",{"b":[[null,true]]}],"c":"\\\""})";
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string wrong = text;
            wrong[at] = static_cast<char>(byte);
            const json_document read = read_json(wrong);
            EXPECT_TRUE(read.failure || !json::serialize(read.value).empty());
        }
        EXPECT_TRUE(read_json(text.substr(0, at)).failure) << at;
    }
}

} // namespace
} // namespace sipher::detail
