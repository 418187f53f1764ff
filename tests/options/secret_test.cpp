#include <sipher/secret.hpp>

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using sipher::secret;

TEST(secret, is_empty_unless_given_a_text)
{
    EXPECT_TRUE(secret{}.empty());
    EXPECT_TRUE(secret{""}.empty());
    EXPECT_EQ(secret{}.reveal(), "");
    EXPECT_FALSE(secret{"key"}.empty());
}

TEST(secret, reveals_its_text_with_zeros_inside)
{
    const std::string text{"a\0b", 3};
    EXPECT_EQ(secret{text}.reveal(), text);
}

TEST(secret, is_never_printed)
{
    std::ostringstream out;
    out << secret{"sk_live_1"} << secret{};
    EXPECT_EQ(out.str(), "[secret][secret]");
}

TEST(secret, has_no_conversion_to_text)
{
    EXPECT_FALSE((std::is_convertible_v<secret, std::string>));
    EXPECT_FALSE((std::is_convertible_v<secret, std::string_view>));
    EXPECT_FALSE((std::is_convertible_v<secret, const char*>));
}

TEST(secret, copies_are_independent)
{
    secret original{"first"};
    const secret copy = original;
    original = secret{"second"};
    EXPECT_EQ(copy.reveal(), "first");
    EXPECT_EQ(original.reveal(), "second");
}

TEST(secret, is_empty_after_it_was_moved_from)
{
    secret from{"first"};
    secret to = std::move(from);
    EXPECT_EQ(to.reveal(), "first");
    EXPECT_TRUE(from.empty()); // NOLINT(bugprone-use-after-move): this is what is tested
    EXPECT_EQ(from.reveal(), "");

    secret assigned{"other"};
    assigned = std::move(to);
    EXPECT_EQ(assigned.reveal(), "first");
    EXPECT_TRUE(to.empty()); // NOLINT(bugprone-use-after-move)
}

TEST(secret, survives_assignment_to_itself)
{
    secret value{"text"};
    secret& alias = value;
    value = alias;
    EXPECT_EQ(value.reveal(), "text");
    value = std::move(alias);
    EXPECT_EQ(value.reveal(), "text");
}

TEST(secret, compares_by_the_whole_text)
{
    EXPECT_EQ(secret{}, secret{""});
    EXPECT_EQ(secret{"abc"}, secret{"abc"});
    EXPECT_NE(secret{"abc"}, secret{"abd"});
    EXPECT_NE(secret{"abc"}, secret{"ab"});
    EXPECT_NE(secret{"abc"}, secret{});
}

} // namespace
