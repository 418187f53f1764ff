#include "call/call_fixture.hpp"

#include <boost/asio/error.hpp>

#include <array>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

/// Calls that are cancelled at random moments, also as they end. SIPHER_INTERLEAVINGS calls, if it is set.
class interleaving : public call_test {
protected:
    static std::size_t wanted()
    {
        const char* const value = std::getenv("SIPHER_INTERLEAVINGS");
        return value != nullptr ? std::stoul(value) : 5000;
    }

    /// A handler, or time where none is ready, or a cancellation that may come too early, too late or just in time.
    void step(std::vector<std::shared_ptr<started_call>>& calls)
    {
        static constexpr std::array kinds{boost::asio::cancellation_type::terminal,
                                          boost::asio::cancellation_type::partial,
                                          boost::asio::cancellation_type::total};
        if (random() % 8 == 0) {
            calls[random() % calls.size()]->cancel.emit(kinds[random() % kinds.size()]);
            return;
        }
        context->restart();
        if (context->poll_one() == 0) {
            clock->advance(std::chrono::milliseconds{50});
        }
    }

    std::mt19937 random{20261124};
};

TEST_F(interleaving, a_cancellation_that_races_the_end_of_its_call_leaves_one_completion)
{
    options.pool.max_connections = 2;
    options.rate_gate = false;
    service->otherwise = [this](scripted_peer& peer, const std::string& request) {
        random() % 16 == 0 ? hang_up()(peer, request) : response_session()(peer, request);
    };
    std::size_t aborted = 0;
    std::size_t succeeded = 0;
    for (std::size_t done = 0; done < wanted(); done += 8) {
        std::vector<std::shared_ptr<started_call>> calls;
        for (int i = 0; i < 8; ++i) {
            calls.push_back(start(static_cast<operation>(random() % 4)));
        }
        // A coroutine that is cancelled before it has begun throws past its handler in Asio 1.81.
        for (std::size_t i = 0; i < calls.size(); ++i) {
            context->restart();
            context->poll_one();
        }
        const auto ended = [](const auto& each) { return each->completions != 0; };
        while (!std::ranges::all_of(calls, ended)) {
            step(calls);
        }
        for (const auto& each : calls) {
            ASSERT_EQ(each->completions, 1);
            aborted += each->failed_with(boost::asio::error::operation_aborted) ? 1 : 0;
            succeeded += each->succeeded() ? 1 : 0;
        }
        service->requests.clear();
        run();
    }
    EXPECT_EQ(busy(), 0U);
    EXPECT_GT(aborted, wanted() / 20) << "too few were cancelled in time";
    EXPECT_GT(succeeded, wanted() / 20) << "too few were cancelled too late";
}

} // namespace
} // namespace sipher::test
