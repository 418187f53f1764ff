#include <sipher/observability.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace sipher::test {
namespace {

TEST(observability, events_of_several_threads_are_counted_and_written_whole)
{
    constexpr int threads = 4;
    constexpr int rounds = 500;
    std::ostringstream out;
    const auto metrics = std::make_shared<metrics_observer>();
    tee_observer all{{metrics, std::make_shared<log_observer>(out)}};
    std::vector<std::jthread> tellers;
    for (int i = 0; i < threads; ++i) {
        tellers.emplace_back([&] {
            for (int round = 0; round < rounds; ++round) {
                all.on_rate_limit({});
                EXPECT_FALSE(metrics->text().empty());
            }
        });
    }
    tellers.clear();

    const std::string total = std::to_string(threads * rounds);
    EXPECT_NE(metrics->text().find("closures_total{refused=\"false\"} " + total + "\n"), std::string::npos);
    std::string expected;
    for (int i = 0; i < threads * rounds; ++i) {
        expected += "level=info event=rate_limit refused=false closed_for=0\n";
    }
    EXPECT_EQ(out.str(), expected);
}

} // namespace
} // namespace sipher::test
