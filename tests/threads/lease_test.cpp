#include "net/connector.hpp"
#include "pool/pool.hpp"
#include "retry/retry_budget.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// A stream on which nothing ever comes.
class silent_stream final : public detail::byte_stream {
public:
    detail::io_result read_some(void*, std::size_t) override { return {0, asio::error::would_block}; }
    [[nodiscard]] bool has_input() override { return false; }
    detail::io_result write_some(const void*, std::size_t size) override { return {size, {}}; }
    void wait_readable(std::shared_ptr<detail::readiness_listener> listener) override { reader_ = std::move(listener); }
    void wait_writable(std::shared_ptr<detail::readiness_listener>) override {}
    void close(bool) noexcept override { reader_.reset(); }

private:
    std::shared_ptr<detail::readiness_listener> reader_;
};

/// Connects to nobody, sometimes in vain.
class silent_connector final : public detail::connector {
public:
    silent_connector(asio::any_io_executor executor, std::shared_ptr<detail::timer_queue> timers)
        : executor_(std::move(executor)), timers_(std::move(timers))
    {
    }

    std::shared_ptr<detail::pending_connect> connect(std::function<void(detail::connect_result)> done) override
    {
        asio::post(executor_, [executor = executor_, timers = timers_, done = std::move(done), number = ++number_] {
            detail::connect_result result;
            if (number % 10 == 0) {
                result.code = asio::error::connection_refused;
            } else {
                result.made = std::make_shared<detail::connection>(
                    executor, detail::make_plain_channel(std::make_unique<silent_stream>()), "",
                    std::make_shared<detail::parser_pool>(limit_options{}), timers);
            }
            done(std::move(result));
        });
        return nullptr;
    }

private:
    const asio::any_io_executor executor_;
    const std::shared_ptr<detail::timer_queue> timers_;
    std::atomic<int> number_ = 0;
};

constexpr unsigned threads = 64;
constexpr unsigned leases_each = 10'000;

/// Takes one lease after another, without waiting where that is possible.
class worker : public std::enable_shared_from_this<worker> {
public:
    worker(std::shared_ptr<detail::pool> pool, std::atomic<unsigned>& granted, unsigned seed)
        : pool_(std::move(pool)), granted_(granted), number_(seed)
    {
    }

    void go_on()
    {
        while (left_ != 0) {
            detail::lease lease = pool_->try_acquire(number_ % 4 == 0, std::chrono::steady_clock::now());
            if (!lease) {
                pool_->async_acquire(detail::pool_request{},
                                     [self = shared_from_this()](detail::acquire_result result) {
                                         if (result.granted) {
                                             self->use(std::move(result.granted));
                                         }
                                         self->go_on();
                                     });
                return;
            }
            use(std::move(lease));
        }
    }

private:
    void use(detail::lease lease)
    {
        ++granted_;
        --left_;
        if (++number_ % 16 != 0) {
            lease.use();
        }
        // Now and then one is not good for another.
        if (number_ % 50 != 0) {
            lease.keep(5s);
        }
    }

    const std::shared_ptr<detail::pool> pool_;
    std::atomic<unsigned>& granted_;
    unsigned left_ = leases_each;
    unsigned number_;
};

TEST(retry_budget, of_sixty_four_threads_never_gives_more_than_it_has)
{
    constexpr unsigned capacity = 50;
    detail::retry_budget budget{capacity};
    std::atomic<unsigned> withdrawn = 0;
    std::atomic<unsigned> deposited = 0;
    std::vector<std::thread> all;
    for (unsigned i = 0; i < 64; ++i) {
        all.emplace_back([&] {
            for (int k = 0; k < 1000; ++k) {
                budget.deposit(1);
                ++deposited;
                withdrawn += budget.withdraw(5) ? 5U : 0U;
            }
        });
    }
    for (std::thread& each : all) {
        each.join();
    }
    EXPECT_LE(withdrawn, capacity + deposited);
    unsigned left = 0;
    while (budget.withdraw(1)) {
        ++left;
    }
    EXPECT_LE(left, capacity);
    EXPECT_LE(withdrawn + left, capacity + deposited);
}

TEST(leases, of_sixty_four_threads_are_exactly_those_granted)
{
    asio::thread_pool context{threads};
    const auto timers = detail::timer_queue::make(context.get_executor(), system_clock());
    // Fewer than threads, so that some wait.
    pool_options options;
    options.max_connections = 48;
    auto pool = std::make_shared<detail::pool>(context.get_executor(), options,
                                               std::make_unique<silent_connector>(context.get_executor(), timers),
                                               timers, std::make_shared<detail::random_source>(1), nullptr);
    std::atomic<unsigned> granted = 0;
    for (unsigned i = 0; i < threads; ++i) {
        asio::post(context, [one = std::make_shared<worker>(pool, granted, i)] { one->go_on(); });
    }
    context.wait();
    EXPECT_EQ(granted, threads * leases_each);
    const client_stats stats = pool->stats();
    EXPECT_EQ(stats.busy, 0U);
    EXPECT_EQ(stats.waiting, 0U);
    EXPECT_EQ(stats.dialing, 0U);
    EXPECT_EQ(stats.open, stats.idle);
    EXPECT_LE(stats.open, options.max_connections);
    EXPECT_EQ(stats.dialed, stats.open + stats.closed_by_peer + stats.closed_expired + stats.closed_failed +
                                stats.closed_not_reusable + stats.closed_surplus + stats.closed_unsolicited);
    pool->close();
    timers->stop();
}

} // namespace
} // namespace sipher::test
