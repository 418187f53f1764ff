// The example of processes that share a rate limit through Redis, with a real server and real processes. Prints what
// they met, beside the same processes without it.
#include "support/external_program.hpp"

#include <sipher/testing/sandbox.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;

constexpr unsigned limit = 100;
/// What Redis shares out: less, because a request takes its time to get there, on a busy machine even more.
constexpr unsigned shared_limit = 90;
constexpr auto window = 6s;
constexpr int processes = 20;
constexpr int requests_each = 15;

struct sum_of_all {
    int done = 0;
    int refused = 0;
    int without_redis = 0;
};

class redis_quota : public ::testing::Test {
protected:
    redis_quota()
    {
        testing::sandbox_options options;
        options.rate_limit = limit;
        options.rate_window = window;
        service_ = std::make_unique<testing::sandbox>(options);
        std::ofstream{ca_file_} << service_->ca_pem();
    }
    ~redis_quota() override { std::remove(ca_file_.c_str()); }

    void start_redis()
    {
        redis_.emplace(std::vector<std::string>{SIPHER_REDIS_SERVER, "--port", std::to_string(port_), "--bind",
                                                "127.0.0.1", "--save", "", "--appendonly", "no"},
                       port_);
    }
    void kill_redis() { redis_.reset(); }

    [[nodiscard]] std::string command(bool with_redis) const
    {
        std::string text = "SIPHER_API_KEY=sandbox-pro-key SIPHER_BASE_URL=" + service_->base_url() +
                           " SIPHER_CA_FILE=" + ca_file_ + " " SIPHER_REDIS_QUOTA " " + std::to_string(requests_each);
        if (with_redis) {
            text +=
                " " + std::to_string(shared_limit) + " " + std::to_string(window / 1ms) + " " + std::to_string(port_);
        }
        return text;
    }

    /// Runs the command as many processes and reads what each of them says.
    template <class Meanwhile>
    sum_of_all run_all(bool with_redis, Meanwhile meanwhile)
    {
        std::vector<std::FILE*> all;
        for (int i = 0; i < processes; ++i) {
            all.push_back(::popen(command(with_redis).c_str(), "r"));
        }
        meanwhile();
        sum_of_all sum;
        for (std::FILE* const each : all) {
            int done = 0;
            int refused = 0;
            int without = 0;
            if (std::fscanf(each, "%d done, %d refused, %d without Redis", &done, &refused, &without) != 3) {
                ADD_FAILURE() << "a process said something else";
            }
            ::pclose(each);
            sum.done += done;
            sum.refused += refused;
            sum.without_redis += without;
        }
        return sum;
    }

    [[nodiscard]] const testing::sandbox& service() const { return *service_; }

private:
    const std::uint16_t port_ = free_port();
    const std::string ca_file_ = ::testing::TempDir() + "redis_quota_" + std::to_string(port_) + ".pem";
    std::unique_ptr<testing::sandbox> service_;
    std::optional<external_program> redis_;
};

void print(const char* what, const sum_of_all& sum, std::chrono::duration<double> took)
{
    std::cout << what << ": " << sum.done << " of " << processes * requests_each << " done in " << took.count()
              << " s, " << sum.refused << " refused, " << sum.without_redis
              << " requests left without a response of Redis\n";
}

TEST_F(redis_quota, twenty_processes_that_share_it_are_not_refused)
{
    start_redis();
    const auto start = std::chrono::steady_clock::now();
    const sum_of_all sum = run_all(true, [] {});
    print("with Redis", sum, std::chrono::steady_clock::now() - start);
    EXPECT_EQ(sum.done, processes * requests_each);
    EXPECT_LE(sum.refused * 100, processes * requests_each);
}

TEST_F(redis_quota, when_redis_is_killed_all_processes_go_on_with_their_local_gates)
{
    start_redis();
    const auto start = std::chrono::steady_clock::now();
    const sum_of_all sum = run_all(true, [this] {
        while (service().counters().created < processes * requests_each / 4) {
            std::this_thread::yield();
        }
        kill_redis();
    });
    print("with Redis killed after a quarter", sum, std::chrono::steady_clock::now() - start);
    EXPECT_GT(sum.without_redis, 0);
    EXPECT_GE(sum.done, processes * requests_each * 95 / 100);
}

TEST_F(redis_quota, without_it_the_processes_share_as_well_as_they_can)
{
    const auto start = std::chrono::steady_clock::now();
    const sum_of_all sum = run_all(false, [] {});
    print("without Redis", sum, std::chrono::steady_clock::now() - start);
    EXPECT_GE(sum.done, processes * requests_each * 90 / 100);
}

} // namespace
} // namespace sipher::test
