#include "net/name_cache.hpp"
#include "support/scripted_network.hpp"

#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <future>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace sipher::test {
namespace {

TEST(name_lookup, takes_no_signals_of_the_program)
{
    std::promise<sigset_t> blocked;
    sigset_t before;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    detail::make_system_lookup()->look_up("localhost", detail::address_family::v4, [&](const detail::lookup_result&) {
        sigset_t mask;
        ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        blocked.set_value(mask);
    });
    const sigset_t mask = blocked.get_future().get();
    for (const int each : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1, SIGALRM}) {
        EXPECT_EQ(::sigismember(&mask, each), 1) << each;
    }
    sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    EXPECT_EQ(::sigismember(&after, SIGTERM), ::sigismember(&before, SIGTERM)) << "of the thread that asked";
}

detail::lookup_result look_up(const std::string& host, detail::address_family family)
{
    std::promise<detail::lookup_result> found;
    const auto lookup = detail::make_system_lookup();
    lookup->look_up(host, family, [&](const detail::lookup_result& result) { found.set_value(result); });
    return found.get_future().get();
}

TEST(name_lookup, localhost_and_what_is_below_it_is_the_loopback_interface_of_both_families)
{
    for (const char* const host : {"localhost", "localhost.", "api.localhost", "127.0.0.1.localhost."}) {
        for (const auto family : {detail::address_family::v6, detail::address_family::v4}) {
            const detail::lookup_result result = look_up(host, family);
            ASSERT_EQ(result.addresses.size(), 1U) << host << ": " << result.failure.message();
            EXPECT_TRUE(result.addresses.front().is_loopback());
            EXPECT_EQ(result.addresses.front().is_v6(), family == detail::address_family::v6);
        }
    }
}

class name_cache_test : public ::testing::Test {
protected:
    scripted_lookup* names = new scripted_lookup;
    std::shared_ptr<detail::name_cache> cache = std::make_shared<detail::name_cache>(
        std::unique_ptr<detail::name_lookup>{names}, std::make_shared<testing::manual_clock>());
};

TEST_F(name_cache_test, a_caller_out_of_memory_does_not_keep_others_from_the_result)
{
    int completed = 0;
    const auto first = cache->resolve("a.test", [](const detail::lookup_result&) { throw std::bad_alloc{}; });
    const auto second =
        cache->resolve("a.test", [&](const detail::lookup_result& found) { completed += found.complete; });
    names->respond({"::1", "127.0.0.1"});
    EXPECT_EQ(completed, 1);
    const auto third =
        cache->resolve("a.test", [&](const detail::lookup_result& found) { completed += found.complete; });
    EXPECT_EQ(completed, 2);
    EXPECT_EQ(names->questions.size(), 1U);
}

TEST_F(name_cache_test, known_addresses_are_not_overtaken_by_later_ones)
{
    const auto first = cache->resolve("a.test", [](const detail::lookup_result&) {});
    names->respond(detail::address_family::v4, {"127.0.0.1"});
    std::thread elsewhere;
    std::atomic<bool> complete = false;
    std::vector<std::size_t> addresses;
    const auto second = cache->resolve("a.test", [&](const detail::lookup_result& found) {
        if (!found.complete) {
            elsewhere = std::thread{[&] { names->respond(detail::address_family::v6, {"::1"}); }};
            for (int i = 0; i < 10'000 && !complete; ++i) {
                std::this_thread::yield();
            }
        }
        complete = found.complete;
        addresses.push_back(found.addresses.size());
    });
    elsewhere.join();
    EXPECT_EQ(addresses, (std::vector<std::size_t>{1, 2}));
}

/// Has no threads.
class impossible_lookup final : public detail::name_lookup {
public:
    void look_up(const std::string&, detail::address_family, handler) override
    {
        ++questions;
        if (questions % 2 == 0) {
            throw std::bad_alloc{};
        }
        throw std::system_error{std::make_error_code(std::errc::resource_unavailable_try_again)};
    }

    int questions = 0;
};

TEST(name_cache, a_lookup_that_cannot_start_is_retried_by_the_next_call)
{
    auto* const names = new impossible_lookup;
    const auto cache = std::make_shared<detail::name_cache>(std::unique_ptr<detail::name_lookup>{names},
                                                            std::make_shared<testing::manual_clock>());
    for (int i = 1; i <= 3; ++i) {
        boost::system::error_code failure;
        const auto asked =
            cache->resolve("a.test", [&](const detail::lookup_result& found) { failure = found.failure; });
        EXPECT_EQ(failure, boost::asio::error::host_not_found_try_again);
        EXPECT_EQ(names->questions, 2 * i);
    }
}

} // namespace
} // namespace sipher::test
