#include "runtime/weak_list.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace sipher::detail {
namespace {

TEST(weak_list_test, objects_that_no_longer_exist_do_not_accumulate)
{
    weak_list<int> list;
    const auto lasting = std::make_shared<int>(1);
    list.add(lasting);
    for (int i = 0; i < 10'000; ++i) {
        list.add(std::make_shared<int>(i));
    }
    const auto all = list.take();
    EXPECT_LT(all.size(), 64U);
    EXPECT_EQ(all.front().lock(), lasting);
    EXPECT_TRUE(list.take().empty());
}

} // namespace
} // namespace sipher::detail
