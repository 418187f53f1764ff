#include <sipher/sipher.hpp>
#include <sipher/testing.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr std::size_t threads = 4;
constexpr int agents = 64;
constexpr int rounds = 20;

/// One agent: a session created, read several times, and deleted.
asio::awaitable<int> live(sipher::client client)
{
    const session mine = co_await client.create_session({});
    int reads = 0;
    for (int i = 0; i < rounds; ++i) {
        const session read = co_await client.get_session(mine.id);
        reads += read.id == mine.id ? 1 : 0;
    }
    co_await client.delete_session(mine.id);
    co_return reads;
}

void expect_consistent(const client_stats& stats)
{
    EXPECT_EQ(stats.open, stats.idle + stats.busy + stats.dialing);
    EXPECT_EQ(stats.busy, 0U);
    EXPECT_EQ(stats.waiting, 0U);
}

TEST(many_threads, agents_on_a_pool_without_strands)
{
    sipher::testing::sandbox sandbox;
    asio::thread_pool pool{threads};
    sipher::client client{pool, sandbox.options()};
    std::vector<std::future<int>> lives;
    for (int i = 0; i < agents; ++i) {
        lives.push_back(asio::co_spawn(pool, live(client), asio::use_future));
    }
    for (auto& each : lives) {
        EXPECT_EQ(each.get(), rounds);
    }
    expect_consistent(client.stats());
    EXPECT_EQ(sandbox.counters().created, std::uint64_t{agents});
    EXPECT_EQ(sandbox.counters().deleted, std::uint64_t{agents});
    EXPECT_LE(sandbox.counters().connections, 8U);
}

TEST(many_threads, callers_elsewhere_than_the_client)
{
    sipher::testing::sandbox sandbox;
    asio::thread_pool workers{threads};
    asio::thread_pool callers{threads};
    sipher::client client{workers, sandbox.options()};
    std::vector<std::future<int>> lives;
    for (int i = 0; i < agents; ++i) {
        lives.push_back(asio::co_spawn(asio::make_strand(callers), live(client), asio::use_future));
    }
    for (auto& each : lives) {
        EXPECT_EQ(each.get(), rounds);
    }
    expect_consistent(client.stats());
}

TEST(many_threads, a_server_that_closes_idle_connections_again_and_again)
{
    constexpr unsigned closings = 40;
    sipher::testing::sandbox sandbox;
    asio::thread_pool pool{threads};
    client_options options = sandbox.options();
    // One closing fails at most one attempt of a call, so a call that may be repeated never runs out of them.
    options.retry.max_attempts = closings + 1;
    options.retry.budget = 0;
    options.retry.base_delay = 1ms;
    options.retry.max_delay = 1ms;
    sipher::client client{pool, options};
    std::vector<std::future<int>> lives;
    for (int i = 0; i < agents; ++i) {
        lives.push_back(asio::co_spawn(pool, live(client), asio::use_future));
    }
    std::atomic<bool> done = false;
    std::thread closer{[&] {
        std::uint64_t next = 0;
        for (unsigned closed = 0; closed < closings && !done;) {
            if (sandbox.counters().requests >= next) {
                sandbox.close_idle_connections();
                ++closed;
                next = sandbox.counters().requests + 25;
            }
            std::this_thread::yield();
        }
    }};
    int failed = 0;
    for (auto& each : lives) {
        try {
            each.get();
        } catch (const error& failure) {
            // A create whose response never came is not sent again: that, and nothing else, may surface.
            EXPECT_EQ(failure.outcome(), outcome::unknown) << failure.what();
            EXPECT_EQ(failure.operation(), "create_session") << failure.what();
            ++failed;
        }
    }
    done = true;
    closer.join();
    expect_consistent(client.stats());
    EXPECT_LE(sandbox.counters().created, std::uint64_t{agents});
    EXPECT_LT(failed, agents);
}

/// A key that sometimes takes longer than a call may take.
asio::awaitable<secret> slow_key(secret key)
{
    asio::steady_timer timer{co_await asio::this_coro::executor};
    for (int i = 0; i < 20; ++i) {
        timer.expires_after(100us);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return key;
}

TEST(many_threads, keys_that_are_provided_too_late)
{
    sipher::testing::sandbox sandbox;
    asio::thread_pool pool{threads};
    client_options options = sandbox.options();
    const secret key = options.api_key;
    options.api_key = {};
    options.async_api_key_provider = [key] { return slow_key(key); };
    sipher::client client{pool, options};
    std::atomic<int> ended = 0;
    auto call_often = [client, &ended](int agent) -> asio::awaitable<void> {
        call_options brief;
        brief.total_timeout = 3ms + std::chrono::milliseconds{agent % 3};
        for (int i = 0; i < rounds; ++i) {
            static_cast<void>(co_await as_result(client.usage(brief)));
            ++ended;
        }
    };
    for (int i = 0; i < agents; ++i) {
        asio::co_spawn(pool, call_often(i), asio::detached);
    }
    pool.wait();
    EXPECT_EQ(ended, agents * rounds);
}

TEST(many_threads, batches_some_of_which_are_cancelled)
{
    constexpr std::size_t batches = 8;
    constexpr std::size_t inputs = 100;
    sipher::testing::sandbox sandbox;
    asio::thread_pool pool{threads};
    sipher::client client{pool, sandbox.options()};
    auto create = [client](int) { return client.create_session({}); };
    std::array<asio::cancellation_signal, batches> signals;
    std::array<std::atomic<std::size_t>, batches> succeeded{};
    for (std::size_t i = 0; i < batches; ++i) {
        const auto strand = asio::make_strand(pool);
        batch_options options;
        options.client = client;
        options.on_progress = [strand, i, &signals](const batch_progress& now) {
            if (i % 2 == 0 && now.done == inputs / 4) {
                asio::post(strand, [i, &signals] { signals.at(i).emit(asio::cancellation_type::terminal); });
            }
        };
        auto note = [&succeeded, i](const std::exception_ptr&, const std::vector<result<session>>& all) {
            const auto is_done = [](const auto& each) { return each.has_value(); };
            succeeded.at(i) = static_cast<std::size_t>(std::ranges::count_if(all, is_done));
        };
        asio::co_spawn(strand, for_each_concurrent(std::vector<int>(inputs), options, create),
                       asio::bind_cancellation_slot(signals.at(i).slot(), std::move(note)));
    }
    pool.wait();
    for (std::size_t i = 0; i < batches; ++i) {
        EXPECT_GE(succeeded.at(i), i % 2 == 0 ? inputs / 4 : inputs);
        EXPECT_LE(succeeded.at(i), inputs);
    }
}

TEST(many_threads, calls_that_are_cancelled_while_they_run)
{
    sipher::testing::sandbox sandbox;
    asio::thread_pool pool{threads};
    sipher::client client{pool, sandbox.options()};
    std::atomic<int> ended = 0;
    std::vector<std::unique_ptr<asio::cancellation_signal>> signals;
    for (int i = 0; i < agents; ++i) {
        // A signal may be used on its call's strand only.
        const auto strand = asio::make_strand(pool);
        signals.push_back(std::make_unique<asio::cancellation_signal>());
        asio::cancellation_signal* const signal = signals.back().get();
        asio::co_spawn(strand, live(client),
                       asio::bind_cancellation_slot(signal->slot(), [&](const std::exception_ptr&, int) { ++ended; }));
        asio::post(strand, [signal, strand, i] {
            if (i % 2 == 0) {
                asio::post(strand, [signal] { signal->emit(asio::cancellation_type::terminal); });
            }
        });
    }
    pool.wait();
    EXPECT_EQ(ended, agents);
    expect_consistent(client.stats());
}

TEST(many_threads, a_client_shut_down_and_destroyed_under_load)
{
    for (int round = 0; round < 4; ++round) {
        sipher::testing::sandbox sandbox;
        asio::thread_pool pool{threads};
        auto client = std::make_unique<sipher::client>(pool, sandbox.options());
        std::vector<std::future<int>> lives;
        for (int i = 0; i < 16; ++i) {
            lives.push_back(asio::co_spawn(pool, live(*client), asio::use_future));
        }
        lives[0].wait();
        if (round % 2 == 0) {
            asio::co_spawn(pool, client->shutdown(1ms), asio::use_future).get();
        }
        client.reset();
        for (auto& each : lives) {
            try {
                each.get();
            } catch (const error& failure) {
                EXPECT_EQ(failure.code(), errc::client_closed) << failure.what();
            }
        }
    }
}

/// Waits, when a connection closes, for a thread that shuts the same client down.
class closes_elsewhere final : public observer {
public:
    void on_close(const close_event&) override
    {
        if (client) {
            asio::thread_pool another{1};
            const auto same = std::exchange(client, std::nullopt);
            asio::co_spawn(another, same->shutdown(0ms), asio::use_future).get();
        }
    }

    std::optional<sipher::client> client;
};

TEST(many_threads, a_client_closed_by_two_threads_at_once)
{
    sipher::testing::sandbox sandbox;
    asio::thread_pool pool{threads};
    client_options options = sandbox.options();
    const auto both = std::make_shared<closes_elsewhere>();
    options.observer = both;
    sipher::client client{pool, options};
    asio::co_spawn(pool, client.create_session({}), asio::use_future).get();
    both->client = client;
    asio::co_spawn(pool, client.shutdown(0ms), asio::use_future).get();
    EXPECT_FALSE(both->client);
}

} // namespace
} // namespace sipher::test
