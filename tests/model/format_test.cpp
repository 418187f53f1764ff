#include <sipher/format.hpp>

#include <gtest/gtest.h>

namespace {

TEST(format, writes_values_as_they_are_printed)
{
#ifdef __cpp_lib_format
    EXPECT_EQ(std::format("{}", sipher::chain::near), "near");
    EXPECT_EQ(std::format("{:>6}|", sipher::chain::near), "  near|");
    EXPECT_EQ(std::format("{}", sipher::secret{"0xABcd"}), "[secret]");
    EXPECT_EQ(std::format("{} {}", sipher::outcome::not_sent, sipher::verb::get), "not sent GET");
    EXPECT_EQ(std::format("{}", sipher::session_defaults{}), "{}");
#else
    GTEST_SKIP() << "the standard library has no std::format";
#endif
}

} // namespace
