#include <sipher/sipher.hpp>
#include <sipher/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// What calls wait for, for longer than a test lasts; those beyond the first two wait for a place in the pool.
enum class wait_for { name, handshake, proxy, response, retry, rate_gate };

using waiting = std::tuple<wait_for, bool>;

std::string name_of(const ::testing::TestParamInfo<waiting>& info)
{
    constexpr std::array names{"name", "handshake", "proxy", "response", "retry", "rate_gate"};
    const auto& [what, client_goes_first] = info.param;
    return std::string{names[static_cast<std::size_t>(what)]} + (client_goes_first ? "_client_first" : "_client_last");
}

/// Contexts and the client are destroyed while calls on the threads of another context wait, end and begin.
class destruction_beside_threads : public ::testing::TestWithParam<waiting> {
protected:
    destruction_beside_threads()
    {
        const std::string port = std::to_string(silent_.local_endpoint().port());
        options_.pool.max_connections = 2;
        options_.retry.base_delay = 1min;
        options_.retry.max_delay = 1min;
        options_.timeouts.total = 0ms;
        options_.base_url = "http://127.0.0.1:" + port;
        switch (std::get<0>(GetParam())) {
        case wait_for::name: options_.base_url = "http://localhost:" + port; break;
        case wait_for::handshake:
            options_.base_url = "https://127.0.0.1:" + port;
            // The system's certificates take long to read.
            options_.tls.ca_pem = sipher::testing::sandbox{}.options().tls.ca_pem;
            break;
        case wait_for::proxy:
            options_.base_url = "http://127.0.0.1:1";
            options_.proxy.url = "http://127.0.0.1:" + port;
            break;
        case wait_for::response: break;
        case wait_for::retry: options_.base_url = "http://127.0.0.1:1"; break;
        case wait_for::rate_gate: limit_rate(); break;
        }
    }

    /// Calls, one after another, until there is no client any more.
    static asio::awaitable<void> call_again(sipher::client used, std::shared_ptr<std::atomic<int>> under_way)
    {
        const session_id id{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
        boost::system::error_code code;
        while (code != errc::client_closed) {
            ++*under_way;
            try {
                co_await used.get_session(id);
            } catch (const error& failure) {
                code = failure.code();
            }
            --*under_way;
        }
    }

    template <class Context>
    void begin_calls(Context& callers, const sipher::client& used)
    {
        for (int i = 0; i < calls; ++i) {
            asio::co_spawn(callers, call_again(used, under_way_), [this](const std::exception_ptr& thrown) {
                EXPECT_FALSE(thrown);
                ++ended_;
            });
        }
    }

    [[nodiscard]] static bool client_goes_first() { return std::get<1>(GetParam()); }

    static constexpr int calls = 6;
    client_options options_;
    std::shared_ptr<std::atomic<int>> under_way_ = std::make_shared<std::atomic<int>>(0);
    std::atomic<int> ended_ = 0;

private:
    /// The service lets two requests through, and then none for an hour.
    void limit_rate()
    {
        sipher::testing::sandbox_options limited;
        limited.tls = false;
        limited.rate_limit = 2;
        limited.rate_window = 1h;
        sandbox_.emplace(limited);
        options_.base_url = sandbox_->base_url();
        options_.api_key = sandbox_->options().api_key;
    }

    std::optional<sipher::testing::sandbox> sandbox_;
    asio::io_context servers_context_;
    /// The system accepts connections for it, and nobody ever reads from them.
    asio::ip::tcp::acceptor silent_{servers_context_, {asio::ip::make_address("127.0.0.1"), 0}};
};

TEST_P(destruction_beside_threads, of_an_io_context_completes_the_calls_of_a_thread_pool)
{
    constexpr int rounds = 40;
    for (int round = 0; round < rounds; ++round) {
        asio::thread_pool callers{3};
        auto its_context = std::make_unique<asio::io_context>();
        auto used = std::make_unique<sipher::client>(*its_context, options_);
        begin_calls(callers, *used);
        for (int i = 0; i < round; ++i) {
            its_context->restart();
            its_context->poll_one();
        }
        if (client_goes_first()) {
            // The coroutines have copies of it.
            used.reset();
        }
        its_context.reset();
        used.reset();
        callers.join();
    }
    EXPECT_EQ(ended_, calls * rounds);
    EXPECT_EQ(*under_way_, 0);
}

TEST_P(destruction_beside_threads, of_a_thread_pool_completes_the_calls_of_another)
{
    constexpr int rounds = 20;
    for (int round = 0; round < rounds; ++round) {
        asio::thread_pool callers{3};
        auto its_context = std::make_unique<asio::thread_pool>(2);
        auto used = std::make_unique<sipher::client>(*its_context, options_);
        begin_calls(callers, *used);
        while (*under_way_ < round % calls) {
            std::this_thread::yield();
        }
        if (client_goes_first()) {
            used.reset();
        }
        its_context.reset();
        used.reset();
        callers.join();
    }
    EXPECT_EQ(ended_, calls * rounds);
}

TEST_P(destruction_beside_threads, of_a_thread_pool_takes_its_own_calls_with_it)
{
    constexpr int rounds = 20;
    for (int round = 0; round < rounds; ++round) {
        auto its_context = std::make_unique<asio::thread_pool>(3);
        auto used = std::make_unique<sipher::client>(*its_context, options_);
        begin_calls(*its_context, *used);
        while (*under_way_ < round % calls) {
            std::this_thread::yield();
        }
        if (client_goes_first()) {
            used.reset();
        }
        its_context.reset();
        used.reset();
        EXPECT_EQ(under_way_.use_count(), 1) << "a coroutine is still there";
    }
}

TEST_P(destruction_beside_threads, of_the_callers_context_leaves_the_client_usable)
{
    constexpr int rounds = 20;
    for (int round = 0; round < rounds; ++round) {
        asio::io_context its_context;
        auto work = asio::make_work_guard(its_context);
        std::thread runner{[&] { its_context.run(); }};
        {
            sipher::client used{its_context, options_};
            auto callers = std::make_unique<asio::io_context>();
            begin_calls(*callers, used);
            for (int i = 0; i < round; ++i) {
                callers->restart();
                callers->poll_one();
            }
            callers.reset();
            EXPECT_EQ(under_way_.use_count(), 1) << "a coroutine is still there";
            while (used.stats().busy != 0) {
                std::this_thread::yield();
            }
        }
        work.reset();
        runner.join();
    }
}

INSTANTIATE_TEST_SUITE_P(waits, destruction_beside_threads,
                         ::testing::Combine(::testing::Values(wait_for::name, wait_for::handshake, wait_for::proxy,
                                                              wait_for::response, wait_for::retry, wait_for::rate_gate),
                                            ::testing::Bool()),
                         name_of);

} // namespace
} // namespace sipher::test
