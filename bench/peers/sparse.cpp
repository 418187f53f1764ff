// Agents (--connections) whose requests are seconds or minutes apart, each with a client of its own, while `--speed`
// seconds pass in one. The server closes what is idle for `--kept` of these seconds. Says what the calls of the second
// half did, when it is known how long the server keeps a connection, and what those of each fifth of it cost.
#include "arguments.hpp"
#include "sample_defaults.hpp"
#include "sipher_options.hpp"

#include <sipher/sipher.hpp>
#include <sipher/testing/accelerated_clock.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdint>
#include <ctime>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

struct counts {
    std::uint64_t calls = 0;
    std::uint64_t creates = 0;
    std::uint64_t failed = 0;
    /// Requests other than creates: those for which the server still had the connection of the one before, those of
    /// them for which it had it for another second, those of these that used it, and those of these that did not
    /// because it had reached `max_lifetime`.
    std::uint64_t allowed = 0;
    std::uint64_t reusable = 0;
    std::uint64_t reused = 0;
    std::uint64_t aged = 0;
    std::uint64_t connections = 0;
};

/// A quarter within a second, and almost a third only after more than five. Every fifth request is a create.
class habits {
public:
    explicit habits(unsigned seed) : engine_(seed) {}

    nanoseconds next_gap()
    {
        const double share = uniform(0, 1);
        const double length = share < 0.25 ? uniform(0, 1) : share < 0.69 ? uniform(1, 5) : uniform(5, 90);
        return std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>{length});
    }
    bool next_is_create() { return uniform(0, 1) < 0.2; }

private:
    double uniform(double least, double most) { return std::uniform_real_distribution<>{least, most}(engine_); }

    std::mt19937 engine_;
};

/// Counts an agent's connections, and knows whether the latest, of which there is one at a time, was closed because of
/// its age.
class connection_watch final : public sipher::observer {
public:
    connection_watch(counts& counted, nanoseconds max_lifetime) : counted_(counted), least_age_(max_lifetime * 9 / 10)
    {
    }

    void on_connect(const sipher::connect_event& event) override { counted_.connections += event.code ? 0 : 1; }
    void on_close(const sipher::close_event& event) override
    {
        has_aged_ = event.reason == sipher::close_reason::expired && event.age >= least_age_;
    }
    [[nodiscard]] bool has_aged() const { return has_aged_; }

private:
    counts& counted_;
    const nanoseconds least_age_;
    bool has_aged_ = false;
};

class agent {
public:
    agent(asio::io_context& context, sipher::client_options options, const bench::arguments& arguments, unsigned number,
          counts& counted)
        : context_(context), counts_(counted), clock_(options.clock),
          watch_(std::make_shared<connection_watch>(counted, options.pool.max_lifetime)),
          client_(context, with_observer(std::move(options), watch_)), habits_(number),
          kept_(seconds{arguments.kept_seconds}), speed_(static_cast<nanoseconds::rep>(arguments.speed))
    {
    }

    asio::awaitable<void> act(const bool& ending)
    {
        asio::steady_timer pause{context_};
        for (;;) {
            pause.expires_after(habits_.next_gap() / speed_);
            co_await pause.async_wait(asio::use_awaitable);
            if (ending) {
                co_return;
            }
            try {
                co_await call(habits_.next_is_create());
            } catch (const std::exception& problem) {
                ++counts_.failed;
                std::cerr << problem.what() << "\n";
            }
        }
    }

private:
    static sipher::client_options with_observer(sipher::client_options options, std::shared_ptr<connection_watch> watch)
    {
        options.observer = std::move(watch);
        return options;
    }

    asio::awaitable<void> call(bool creates)
    {
        const nanoseconds left = latest_response_ ? kept_ - (clock_->now() - *latest_response_) : nanoseconds{};
        const std::uint64_t dialed = client_.stats().dialed;
        ++counts_.calls;
        if (creates) {
            ++counts_.creates;
            const sipher::session_defaults wanted = bench::sample_defaults();
            co_await client_.create_session(wanted, 30min);
        } else {
            const sipher::session_id id{bench::wire::session_id};
            co_await client_.get_session(id);
        }
        latest_response_ = clock_->now();
        const bool reused = client_.stats().dialed == dialed;
        counts_.allowed += !creates && left > 0s ? 1 : 0;
        if (!creates && left > 1s) {
            ++counts_.reusable;
            counts_.reused += reused ? 1 : 0;
            counts_.aged += !reused && watch_->has_aged() ? 1 : 0;
        }
    }

    asio::io_context& context_;
    counts& counts_;
    const std::shared_ptr<sipher::clock> clock_;
    const std::shared_ptr<connection_watch> watch_;
    sipher::client client_;
    habits habits_;
    const nanoseconds kept_;
    const nanoseconds::rep speed_;
    std::optional<sipher::clock::time_point> latest_response_;
};

double cpu_microseconds()
{
    return static_cast<double>(std::clock()) * 1e6 / CLOCKS_PER_SEC;
}

sipher::client_options options_of(const bench::arguments& arguments)
{
    sipher::client_options options = bench::sipher_options(arguments, 1);
    options.pool.max_connections = 1;
    options.clock = std::make_shared<sipher::testing::accelerated_clock>(static_cast<int>(arguments.speed));
    if (arguments.idle_seconds != 0) {
        options.pool.idle_timeout = seconds{arguments.idle_seconds};
    }
    return options;
}

void run(const bench::arguments& arguments)
{
    asio::io_context context{1};
    const sipher::client_options options = options_of(arguments);
    counts all;
    std::vector<std::unique_ptr<agent>> agents;
    bool ending = false;
    for (unsigned number = 0; number < arguments.connections; ++number) {
        agents.push_back(std::make_unique<agent>(context, options, arguments, number, all));
        asio::co_spawn(context, agents.back()->act(ending), asio::detached);
    }
    const std::chrono::milliseconds half{arguments.seconds * 500};
    context.run_for(half);
    const counts before = all;
    constexpr int parts = 5;
    std::vector<double> costs;
    for (int part = 0; part < parts; ++part) {
        const std::uint64_t calls = all.calls;
        const double cpu = cpu_microseconds();
        context.run_for(half / parts);
        costs.push_back((cpu_microseconds() - cpu) / static_cast<double>(all.calls - calls));
    }
    const counts after = all;
    // What has been begun is seen to its end, so that the server's own count can be compared.
    ending = true;
    context.run_for(2s);
    std::cout << "calls " << after.calls - before.calls << " connections " << after.connections - before.connections
              << " allowed " << after.allowed - before.allowed << " reusable " << after.reusable - before.reusable
              << " reused " << after.reused - before.reused << " aged " << after.aged - before.aged << " creates "
              << all.creates << " failed " << all.failed << "\n";
    for (const double each : costs) {
        std::cout << each << " ";
    }
    std::cout << std::endl;
}

} // namespace

int main(int count, char** values)
{
    return bench::run_program("sparse", count, values, run);
}
