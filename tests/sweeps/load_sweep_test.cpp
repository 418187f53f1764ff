#include "call/call_fixture.hpp"

#include <sipher/error_code.hpp>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

namespace sipher::test {
namespace {

/// Eight calls of every kind on two connections, of which the server closes some; disturbed after every handler.
class load_sweep : public call_test {
protected:
    std::vector<std::shared_ptr<started_call>> begin_load()
    {
        options.pool.max_connections = 2;
        service->script.clear();
        int number = 0;
        service->otherwise = [number](scripted_peer& peer, const std::string& request) mutable {
            // Every third response is followed by the end of its connection, every fifth never comes.
            ++number;
            if (number % 5 == 0) {
                hang_up()(peer, request);
                return;
            }
            response_session(request.starts_with("POST") ? 201 : 200)(peer, request);
            if (number % 3 == 0) {
                peer.end(boost::asio::error::eof);
            }
        };
        constexpr std::array kinds{operation::create, operation::get, operation::update, operation::remove};
        std::vector<std::shared_ptr<started_call>> calls;
        for (std::size_t i = 0; i < 8; ++i) {
            calls.push_back(start(kinds[i % kinds.size()]));
        }
        return calls;
    }

    /// One handler; where none is ready, time passes.
    void step()
    {
        context->restart();
        if (context->poll_one() == 0) {
            clock->advance(std::chrono::milliseconds{100});
        }
    }

    static bool all_ended(const std::vector<std::shared_ptr<started_call>>& calls)
    {
        return std::ranges::all_of(calls, [](const auto& each) { return each->completions != 0; });
    }

    static constexpr int endless = 3000;
};

TEST_F(load_sweep, a_client_destroyed_after_any_handler_completes_every_call_once)
{
    for (int k = 0;; ++k) {
        ASSERT_LT(k, endless);
        const auto calls = begin_load();
        for (int i = 0; i < k && !all_ended(calls); ++i) {
            step();
        }
        const bool ended = all_ended(calls);
        client.reset();
        run();
        for (const auto& each : calls) {
            ASSERT_EQ(each->completions, 1) << "after handler " << k;
            ASSERT_EQ(each->other_failure, "") << "after handler " << k;
        }
        service->peers.clear();
        if (ended) {
            EXPECT_GT(k, 40) << "the load was too short to mean anything";
            break;
        }
    }
}

TEST_F(load_sweep, a_context_destroyed_after_any_handler_leaves_nothing_behind)
{
    for (int k = 0;; ++k) {
        ASSERT_LT(k, endless);
        const auto calls = begin_load();
        for (int i = 0; i < k && !all_ended(calls); ++i) {
            step();
        }
        const bool ended = all_ended(calls);
        service->peers.clear();
        context.reset();
        client.reset();
        for (const auto& each : calls) {
            ASSERT_LE(each->completions, 1) << "after handler " << k;
            ASSERT_EQ(each.use_count(), 1) << "a handler is still there after handler " << k;
        }
        context = std::make_unique<boost::asio::io_context>();
        service = std::make_unique<scripted_service>(*context, clock);
        if (ended) {
            break;
        }
    }
}

} // namespace
} // namespace sipher::test
