#include <sipher/session_id.hpp>

#include "options/refusal.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>
#include <type_traits>
#include <unordered_set>

namespace {

using sipher::session_id;
using sipher::test::refusal;

const std::string digits = "e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf";
const std::string text = "sess_" + digits;

TEST(session_id, keeps_the_written_form)
{
    const session_id id{text};
    EXPECT_EQ(id.to_string(), text);
    const auto chars = id.to_chars();
    EXPECT_EQ(std::string(chars.begin(), chars.end()), text);
}

TEST(session_id, is_small_and_cheap_to_copy)
{
    EXPECT_EQ(sizeof(session_id), 32U);
    EXPECT_TRUE(std::is_trivially_copyable_v<session_id>);
}

TEST(session_id, refuses_whatever_is_not_one)
{
    const std::string malformed[] = {
        "",
        "sess_",
        digits,
        "sess_" + digits.substr(1),
        "sess_" + digits + "0",
        "Sess_" + digits,
        "sess-" + digits,
        " " + text.substr(1),
        text + " ",
        "sess_" + digits.substr(1) + "g",
        "sess_" + digits.substr(1) + std::string(1, '\0'),
        "sess_" + digits.substr(1) + "\xff",
    };
    for (const std::string& each : malformed) {
        EXPECT_EQ(refusal([&] { return session_id{each}; }),
                  "session id: must be `sess_` and 64 lower-case hexadecimal digits")
            << each;
        EXPECT_EQ(session_id::parse(each).error(), sipher::errc::invalid_request) << each;
    }
}

TEST(session_id, refuses_upper_case_digits)
{
    std::string upper = text;
    upper.back() = 'F';
    EXPECT_FALSE(session_id::parse(upper).has_value());
}

TEST(session_id, refuses_a_character_that_is_no_digit_at_every_place)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string broken = text;
        broken[i] = 'x';
        EXPECT_FALSE(session_id::parse(broken).has_value()) << i;
    }
}

TEST(session_id, is_printed_in_a_form_that_cannot_be_used)
{
    std::ostringstream out;
    out << session_id{text};
    EXPECT_EQ(out.str(), "sess_e00de789…");
}

TEST(session_id, compares_and_orders_as_its_text_does)
{
    const session_id id{text};
    const session_id zero{"sess_" + std::string(64, '0')};
    EXPECT_EQ(id, session_id{text});
    EXPECT_NE(id, zero);
    EXPECT_LT(zero, id);
    std::string next = text;
    next.back() = 'e';
    EXPECT_LT(session_id{next}, id);
}

TEST(session_id, is_a_key_of_hash_tables)
{
    std::unordered_set<session_id> set;
    for (int i = 0; i < 16; ++i) {
        std::string other = text;
        other[5] = "0123456789abcdef"[i];
        set.insert(session_id{other});
    }
    EXPECT_EQ(set.size(), 16U);
    EXPECT_TRUE(set.contains(session_id{text}));
    EXPECT_NE(std::hash<session_id>{}(session_id{text}),
              std::hash<session_id>{}(session_id{"sess_" + std::string(64, '0')}));
}

} // namespace
