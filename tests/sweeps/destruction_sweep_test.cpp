#include "client/client_handle.hpp"
#include "net/network_connector.hpp"
#include "sandbox/certificates.hpp"
#include "support/scripted_network.hpp"
#include "support/scripted_service.hpp"

#include <sipher/client.hpp>
#include <sipher/error.hpp>
#include <sipher/error_code.hpp>
#include <sipher/live_session.hpp>
#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// What calls wait for, for ever; those beyond the first two wait for a place in the pool.
enum class wait_for {
    name,
    late_name,
    connection,
    handshake,
    proxy,
    name_of_proxy,
    response,
    key,
    retry,
    rate_gate,
    session
};

std::string name_of(const ::testing::TestParamInfo<wait_for>& info)
{
    constexpr std::array names{"name",     "late_name", "connection", "handshake", "proxy",  "name_of_proxy",
                               "response", "key",       "retry",      "rate_gate", "session"};
    return names[static_cast<std::size_t>(info.param)];
}

/// What is destroyed, in some order.
enum class owned { client, its_context, callers_context };
using destruction_order = std::array<owned, 3>;

/// A coroutine on either context, and how it ended.
struct waiting_coroutine {
    int completions = 0;
    boost::system::error_code code;
};

/// Calls wait on the client's own context and on another; both contexts and the client are then destroyed.
class destruction : public ::testing::TestWithParam<wait_for> {
protected:
    destruction()
    {
        const std::string port = std::to_string(silent_.local_endpoint().port());
        options_.clock = clock_;
        options_.jitter_seed = 1;
        options_.pool.max_connections = 2;
        options_.retry.base_delay = 1min;
        options_.retry.max_delay = 1min;
        options_.timeouts.total = 0ms;
        options_.base_url = "http://127.0.0.1:" + port;
        switch (GetParam()) {
        case wait_for::name:
        case wait_for::late_name: options_.base_url = "http://localhost:" + port; break;
        case wait_for::handshake:
            options_.base_url = "https://127.0.0.1:" + port;
            // The system's certificates take long to read.
            options_.tls.ca_pem = testing::detail::make_authority().certificate;
            break;
        case wait_for::proxy: options_.proxy.url = "http://127.0.0.1:" + port; break;
        case wait_for::name_of_proxy: options_.proxy.url = "http://localhost:" + port; break;
        case wait_for::retry: options_.base_url = "http://127.0.0.1:" + unused_port(); break;
        case wait_for::key: options_.async_api_key_provider = never_a_key; break;
        default: break;
        }
    }

    void begin(bool shut_down)
    {
        its_context_ = std::make_unique<asio::io_context>();
        callers_context_ = std::make_unique<asio::io_context>();
        client_.emplace(*its_context_, options_);
        if (has_scripted_network()) {
            script_network();
        }
        if (GetParam() == wait_for::rate_gate) {
            detail::rate_gate_core::lesson refusal;
            refusal.refused = true;
            refusal.retry_after = 1min;
            state().gate->learn(refusal, clock_->now());
        }
        for (asio::io_context* context : {its_context_.get(), callers_context_.get()}) {
            for (int i = 0; i < 2; ++i) {
                start(*context, call(*client_));
            }
            start(*context, client_->prewarm(2));
        }
        if (shut_down) {
            start(*callers_context_, later(client_->shutdown(std::chrono::milliseconds::max())));
        }
    }

    /// Whether so many handlers were there to be run.
    bool run_and_destroy(int handlers, const destruction_order& order, bool run_between, bool shut_down)
    {
        begin(shut_down);
        bool ready = true;
        for (int i = 0; i < handlers && ready; ++i) {
            ready = step();
        }
        // A shutdown and a live session hold copies of the client.
        bool client_has_ended = false;
        for (const owned each : order) {
            destroy(each);
            while (run_between && step()) {
            }
            client_has_ended = client_has_ended || each == owned::its_context ||
                               (each == owned::client && !shut_down && GetParam() != wait_for::session);
            const bool are_told = run_between && client_has_ended && callers_context_;
            for (const auto& waiting : on_callers_) {
                EXPECT_TRUE(!are_told || waiting->completions == 1) << "after handler " << handlers;
            }
        }
        expect_all_gone(handlers, order);
        if (names_) {
            // Late, as the system's may be.
            lookup_->respond({"127.0.0.1"});
            names_.reset();
        }
        return ready;
    }

private:
    [[nodiscard]] detail::client_state& state() const { return *detail::handle_of(*client_)->state(); }

    static asio::awaitable<secret> never_a_key()
    {
        asio::steady_timer never{co_await asio::this_coro::executor, asio::steady_timer::time_point::max()};
        co_await never.async_wait(asio::use_awaitable);
        co_return secret{};
    }

    static asio::awaitable<void> call(sipher::client& used)
    {
        if (GetParam() == wait_for::session) {
            return live(used);
        }
        return get(used.get_session(scripted_session_id()));
    }

    static asio::awaitable<void> get(asio::awaitable<session> work) { co_await std::move(work); }

    static asio::awaitable<void> live(sipher::client used) { co_await live_session::start(std::move(used), {}); }

    /// A few handlers later, so that calls have begun.
    static asio::awaitable<void> later(asio::awaitable<shutdown_report> work)
    {
        const auto executor = co_await asio::this_coro::executor;
        for (int i = 0; i < 12; ++i) {
            co_await asio::post(executor, asio::use_awaitable);
        }
        co_await std::move(work);
    }

    void start(asio::io_context& context, asio::awaitable<void> work)
    {
        auto started = std::make_shared<waiting_coroutine>();
        (&context == callers_context_.get() ? on_callers_ : on_its_).push_back(started);
        asio::co_spawn(context, std::move(work), [started](const std::exception_ptr& thrown) {
            ++started->completions;
            try {
                if (thrown) {
                    std::rethrow_exception(thrown);
                }
            } catch (const error& failure) {
                started->code = failure.code();
            }
        });
    }

    /// One handler of each context; false if none was ready.
    bool step()
    {
        std::size_t run = 0;
        for (asio::io_context* context : {its_context_.get(), callers_context_.get()}) {
            if (context != nullptr) {
                context->restart();
                run += context->poll_one();
            }
        }
        return run != 0;
    }

    void destroy(owned what)
    {
        switch (what) {
        case owned::client: client_.reset(); break;
        case owned::its_context: its_context_.reset(); break;
        case owned::callers_context: callers_context_.reset(); break;
        }
        if (GetParam() == wait_for::late_name) {
            lookup_->respond({"127.0.0.1"});
        }
    }

    void expect_all_gone(int handlers, const destruction_order& order)
    {
        for (auto* all : {&on_its_, &on_callers_}) {
            for (const auto& each : *all) {
                EXPECT_LE(each->completions, 1) << "after handler " << handlers;
                EXPECT_EQ(each.use_count(), 1) << "still there, after handler " << handlers << ", order "
                                               << static_cast<int>(order[0]) << static_cast<int>(order[1]);
            }
            all->clear();
        }
    }

    [[nodiscard]] static bool has_scripted_network()
    {
        constexpr std::array all{wait_for::name, wait_for::late_name, wait_for::connection, wait_for::name_of_proxy};
        return std::ranges::find(all, GetParam()) != all.end();
    }

    /// Names are never found, and addresses never respond.
    void script_network()
    {
        auto lookup = std::make_unique<scripted_lookup>();
        lookup_ = lookup.get();
        names_ = std::make_shared<detail::name_cache>(std::move(lookup), clock_);
        auto settings = std::make_shared<detail::server_settings>();
        detail::client_state& all = state();
        settings->executor = client_->get_executor();
        settings->url = all.url;
        settings->proxy = detail::choose_proxy(options_.proxy, all.url);
        settings->timers = all.timers;
        settings->names = names_;
        settings->sockets = std::make_shared<scripted_dialer>();
        all.pool = std::make_shared<detail::pool>(client_->get_executor(), options_.pool,
                                                  detail::make_network_connector(std::move(settings)), all.timers,
                                                  all.random, nullptr);
    }

    static std::string unused_port()
    {
        asio::io_context context;
        const asio::ip::tcp::acceptor taken{context, {asio::ip::make_address("127.0.0.1"), 0}};
        return std::to_string(taken.local_endpoint().port());
    }

    asio::io_context servers_context_;
    /// The system accepts connections for it, and nobody ever reads from them.
    asio::ip::tcp::acceptor silent_{servers_context_, {asio::ip::make_address("127.0.0.1"), 0}};
    std::shared_ptr<testing::manual_clock> clock_ = std::make_shared<testing::manual_clock>();
    client_options options_;
    std::shared_ptr<detail::name_cache> names_;
    scripted_lookup* lookup_ = nullptr;
    std::unique_ptr<asio::io_context> its_context_;
    std::unique_ptr<asio::io_context> callers_context_;
    std::optional<sipher::client> client_;
    std::vector<std::shared_ptr<waiting_coroutine>> on_its_;
    std::vector<std::shared_ptr<waiting_coroutine>> on_callers_;
};

TEST_P(destruction, in_every_order_after_every_handler_leaves_nothing_behind)
{
    destruction_order order{owned::client, owned::its_context, owned::callers_context};
    int longest = 0;
    do {
        for (const int how : {0, 1, 2, 3}) {
            int handlers = 0;
            while (run_and_destroy(handlers, order, (how & 1) != 0, (how & 2) != 0)) {
                ASSERT_FALSE(HasFailure());
                ASSERT_LT(++handlers, 1000);
            }
            longest = std::max(longest, handlers);
        }
    } while (std::ranges::next_permutation(order).found);
    EXPECT_GT(longest, 10) << "too short to mean anything";
}

INSTANTIATE_TEST_SUITE_P(waits, destruction,
                         ::testing::Values(wait_for::name, wait_for::late_name, wait_for::connection,
                                           wait_for::handshake, wait_for::proxy, wait_for::name_of_proxy,
                                           wait_for::response, wait_for::key, wait_for::retry, wait_for::rate_gate,
                                           wait_for::session),
                         name_of);

} // namespace
} // namespace sipher::test
