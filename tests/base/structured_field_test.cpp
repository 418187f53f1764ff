#include "base/structured_field.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sipher::detail {
namespace {

/// Writes down what it is shown.
class listing final : public structured_field_visitor {
public:
    void on_member(std::string_view key, const structured_item& value) override
    {
        text += "[" + std::string{key} + (key.empty() ? "" : "=") + show(value) + "]";
    }
    void on_parameter(std::string_view key, const structured_item& value) override
    {
        text += ";" + std::string{key} + "=" + show(value);
    }

    std::string text;

private:
    static std::string show(const structured_item& value)
    {
        using type = structured_item::type;
        const std::string number = std::to_string(value.number);
        switch (value.kind) {
        case type::integer: return "i" + number;
        case type::decimal: return "d" + number;
        case type::date: return "@" + number;
        case type::boolean: return "?" + number;
        case type::string: return "s" + std::string{value.text};
        case type::token: return "t" + std::string{value.text};
        case type::bytes: return "b" + std::string{value.text};
        case type::display_string: return "u" + std::string{value.text};
        case type::inner_list: return "()";
        }
        return "";
    }
};

std::string list(std::string_view text)
{
    listing shown;
    return parse_structured_list(text, shown) ? shown.text : "refused";
}

std::string dictionary(std::string_view text)
{
    listing shown;
    return parse_structured_dictionary(text, shown) ? shown.text : "refused";
}

TEST(structured_field, lists_have_items_of_every_type)
{
    EXPECT_EQ(list("42, -7,1.5\t,  -0.125"), "[i42][i-7][d1500][d-125]");
    EXPECT_EQ(list(R"("a, \"b\"; c", tok/en:*, :aGk=:)"), R"([sa, \"b\"; c][ttok/en:*][baGk=])");
    EXPECT_EQ(list(R"(?0, ?1, @1659578233, %"f%c3%bc")"), "[?0][?1][@1659578233][uf%c3%bc]");
    EXPECT_EQ(list("  1  "), "[i1]");
    EXPECT_EQ(list(""), "");
}

TEST(structured_field, parameters_belong_to_their_member)
{
    EXPECT_EQ(list(R"("d";r=2,3; t=7;x)"), "[sd];r=i2[i3];t=i7;x=?1");
    EXPECT_EQ(list(R"("d";pk=:AA==:;n="a;b")"), "[sd];pk=bAA==;n=sa;b");
}

TEST(structured_field, inner_lists_are_passed_over_with_what_is_in_them)
{
    EXPECT_EQ(list(R"(( "a";x=1 b );y=2, 3, ())"), "[()];y=i2[i3][()]");
}

TEST(structured_field, dictionaries_have_keys)
{
    EXPECT_EQ(dictionary("limit=100, remaining=5;a=1,on, *x-y.z=?0"),
              "[limit=i100][remaining=i5];a=i1[on=?1][*x-y.z=?0]");
    EXPECT_EQ(dictionary("r=1, r=2"), "[r=i1][r=i2]");
}

TEST(structured_field, a_field_that_breaks_the_grammar_is_refused_as_a_whole)
{
    for (const char* const text : {"1,",
                                   ",1",
                                   "1 2",
                                   "1;",
                                   "1;A=2",
                                   "1;a=",
                                   "1.",
                                   "1.2345",
                                   "1234567890123.1",
                                   "1234567890123456",
                                   "-",
                                   "--1",
                                   "\"a",
                                   "\"a\\b\"",
                                   "\"\xc3\xbc\"",
                                   ":a",
                                   "?2",
                                   "?",
                                   "@1.5",
                                   "@",
                                   "%\"a",
                                   "%\"%C3\"",
                                   "%\"%c\"",
                                   "%a",
                                   "(1",
                                   "(1,2)",
                                   "(1\"a\")",
                                   "limit=1",
                                   "1 ;a",
                                   "=",
                                   ";",
                                   "\x01",
                                   "1\n"}) {
        EXPECT_EQ(list(text), "refused") << text;
    }
    for (const char* const text : {"A=1", "a=", "a=1,", "a==1", "1", "a=1 b=2", "a;=1"}) {
        EXPECT_EQ(dictionary(text), "refused") << text;
    }
}

} // namespace
} // namespace sipher::detail
