#include <sipher/enumerations.hpp>
#include <sipher/error.hpp>
#include <sipher/observer.hpp>
#include <sipher/verb.hpp>
#include <sipher/version.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <utility>

namespace {

template <class Enumeration>
class enumerations : public testing::Test {
};

using all = testing::Types<sipher::chain, sipher::privacy_level, sipher::rpc_provider, sipher::backend>;
TYPED_TEST_SUITE(enumerations, all);

TYPED_TEST(enumerations, know_every_name_of_theirs)
{
    for (const std::string_view name : TypeParam::names) {
        const TypeParam value = TypeParam::from_name(name);
        EXPECT_EQ(value.name(), name);
        EXPECT_TRUE(value.is_known());
    }
}

TYPED_TEST(enumerations, do_not_copy_the_names_they_know)
{
    const std::string name{TypeParam::names.front()};
    const TypeParam value = TypeParam::from_name(name);
    const TypeParam copy = value;
    EXPECT_EQ(copy.name().data(), TypeParam::names.front().data());
}

TYPED_TEST(enumerations, keep_a_value_of_a_newer_service)
{
    std::optional<std::string> name{"not-yet-invented"};
    const TypeParam value = TypeParam::from_name(*name);
    name.reset();
    EXPECT_EQ(value.name(), "not-yet-invented");
    EXPECT_FALSE(value.is_known());
    EXPECT_EQ(value, TypeParam::from_name("not-yet-invented"));
    EXPECT_NE(value, TypeParam::from_name("not-yet-invented-2"));
}

TYPED_TEST(enumerations, are_case_sensitive)
{
    std::string name{TypeParam::names.front()};
    name.front() = static_cast<char>(name.front() - 'a' + 'A');
    EXPECT_FALSE(TypeParam::from_name(name).is_known());
    EXPECT_NE(TypeParam::from_name(name), TypeParam::from_name(TypeParam::names.front()));
}

TYPED_TEST(enumerations, can_be_copied_moved_and_assigned)
{
    TypeParam unknown = TypeParam::from_name("unknown");
    const TypeParam copy = unknown;
    TypeParam moved = std::move(unknown);
    EXPECT_EQ(copy, moved);
    EXPECT_EQ(unknown.name(), ""); // NOLINT(bugprone-use-after-move): what was moved from must not dangle

    TypeParam assigned = TypeParam::from_name(TypeParam::names.front());
    assigned = copy;
    EXPECT_EQ(assigned.name(), "unknown");
    TypeParam& alias = assigned;
    assigned = alias;
    EXPECT_EQ(assigned.name(), "unknown");
    moved = TypeParam::from_name(TypeParam::names.back());
    EXPECT_TRUE(moved.is_known());
    EXPECT_EQ(moved.name(), TypeParam::names.back());
}

TYPED_TEST(enumerations, accept_an_empty_name)
{
    const TypeParam value = TypeParam::from_name("");
    const TypeParam copy = value;
    EXPECT_EQ(copy.name(), "");
    EXPECT_FALSE(copy.is_known());
}

TYPED_TEST(enumerations, print_their_name_on_one_line)
{
    std::ostringstream out;
    out << TypeParam::from_name(TypeParam::names.front()) << ',' << TypeParam::from_name("a\r\n\x1b[31mb");
    EXPECT_EQ(out.str(), std::string{TypeParam::names.front()} + ",a [31mb");
}

TEST(enumerations_of_the_contract, have_the_constants_that_their_names_promise)
{
    EXPECT_EQ(sipher::chain::solana.name(), "solana");
    EXPECT_EQ(sipher::chain::near.name(), "near");
    EXPECT_EQ(sipher::chain::zcash.name(), "zcash");
    EXPECT_EQ(sipher::privacy_level::standard.name(), "standard");
    EXPECT_EQ(sipher::privacy_level::shielded.name(), "shielded");
    EXPECT_EQ(sipher::privacy_level::maximum.name(), "maximum");
    EXPECT_EQ(sipher::rpc_provider::helius.name(), "helius");
    EXPECT_EQ(sipher::rpc_provider::quicknode.name(), "quicknode");
    EXPECT_EQ(sipher::rpc_provider::triton.name(), "triton");
    EXPECT_EQ(sipher::rpc_provider::generic.name(), "generic");
    EXPECT_EQ(sipher::backend::sip_native.name(), "sip-native");
    static_assert(sipher::chain::near == sipher::chain::near);
    static_assert(!(sipher::chain::near == sipher::chain::base));
}

template <class Left, class Right>
concept comparable = requires(const Left& left, const Right& right)
{
    left == right;
};

TYPED_TEST(enumerations, can_be_keys)
{
    const TypeParam known = TypeParam::from_name(TypeParam::names.front());
    const TypeParam other = TypeParam::from_name("of a newer service");
    EXPECT_EQ((std::set<TypeParam>{known, other, known}.size()), 2U);
    EXPECT_EQ((std::unordered_set<TypeParam>{known, other, known}.size()), 2U);
    EXPECT_EQ(known < other, known.name() < other.name());
}

TEST(plain_enumerations, print_their_name)
{
    std::ostringstream text;
    text << sipher::verb::delete_ << " " << sipher::outcome::not_sent << " " << sipher::phase::writing << " "
         << sipher::end_reason::cancelled << " " << sipher::close_reason::client_closed;
    EXPECT_EQ(text.str(), "DELETE not sent writing cancelled client closed");
}

TEST(version, of_the_library_is_that_of_the_headers)
{
    EXPECT_STREQ(sipher::version(), SIPHER_VERSION);
}

TEST(enumerations_of_the_contract, cannot_be_mixed_up)
{
    EXPECT_TRUE((comparable<sipher::chain, sipher::chain>));
    EXPECT_FALSE((comparable<sipher::chain, sipher::privacy_level>));
    EXPECT_FALSE((std::is_convertible_v<sipher::chain, sipher::backend>));
}

} // namespace
