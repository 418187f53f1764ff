// What more threads bring, with the server in the same process, by how clients and contexts are laid out.
// usage: cores FORM THREADS SECONDS; prints calls in a second, and of 1000 calls, how often a thread slept, how often
// one found a lock taken, and how many calls ended on another thread than they began on.
#include "memory_server.hpp"
#include "peers/wire.hpp"
#include "threads.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <sys/resource.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <string_view>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

constexpr std::size_t calls_per_thread = 64;

/// Each on a line of the processor's cache of its own.
struct alignas(64) counter {
    std::uint64_t calls = 0;
    std::uint64_t moved = 0;
};

asio::awaitable<void> call(sipher::client client, counter& counted, const std::atomic<bool>& counts)
{
    const sipher::session_id id{bench::wire::session_id};
    for (;;) {
        const void* const begun_on = bench::current_thread();
        co_await client.get_session(id);
        if (counts.load(std::memory_order_relaxed)) {
            ++counted.calls;
            counted.moved += bench::current_thread() == begun_on ? 0 : 1;
        }
    }
}

/// Contexts with threads, and clients on them.
struct layout {
    std::deque<asio::io_context> contexts;
    std::vector<sipher::client> clients;
};

layout make_layout(std::string_view form, std::size_t threads, const bench::memory_server& server)
{
    layout made;
    const bool one_context = form == "one-context";
    for (std::size_t i = 0; i < (one_context ? 1 : threads); ++i) {
        made.contexts.emplace_back(one_context ? static_cast<int>(threads) : 1);
    }
    const bool one_client = form != "client-per-context";
    for (auto& context : made.contexts) {
        if (made.clients.empty() || !one_client) {
            made.clients.push_back(
                bench::make_client(context.get_executor(), server, calls_per_thread * (one_client ? threads : 1)));
        }
    }
    return made;
}

long sleeps()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return used.ru_nvcsw;
}

void print(const std::vector<counter>& counters, std::chrono::duration<double> took, double slept, double contended)
{
    double calls = 0;
    double moved = 0;
    for (const counter& each : counters) {
        calls += static_cast<double>(each.calls);
        moved += static_cast<double>(each.moved);
    }
    std::cout << calls / took.count() << " " << 1000 * slept / calls << " " << 1000 * contended / calls << " "
              << 1000 * moved / calls << "\n";
}

void measure(std::string_view form, std::size_t threads, std::chrono::duration<double> time)
{
    const bench::memory_server server;
    layout made = make_layout(form, threads, server);
    std::vector<counter> counters(threads * calls_per_thread);
    std::atomic<bool> counts{false};
    for (std::size_t i = 0; i < counters.size(); ++i) {
        asio::co_spawn(made.contexts[i % made.contexts.size()],
                       call(made.clients[i % made.clients.size()], counters[i], counts), asio::detached);
    }
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) {
        running.emplace_back([&context = made.contexts[i % made.contexts.size()]] { context.run(); });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
    const long slept_before = sleeps();
    const std::uint64_t contended_before = bench::contended_locks();
    const auto begin = steady_clock::now();
    counts = true;
    std::this_thread::sleep_for(time);
    counts = false;
    const std::chrono::duration<double> took = steady_clock::now() - begin;
    const long slept = sleeps() - slept_before;
    const std::uint64_t contended = bench::contended_locks() - contended_before;
    for (auto& context : made.contexts) {
        context.stop();
    }
    for (auto& thread : running) {
        thread.join();
    }
    print(counters, took, static_cast<double>(slept), static_cast<double>(contended));
}

} // namespace

int main(int count, char** values)
{
    const std::vector<std::string_view> given(values + 1, values + count);
    std::size_t threads = 0;
    if (given.size() == 3) {
        std::from_chars(given[1].data(), given[1].data() + given[1].size(), threads);
    }
    if (threads == 0) {
        std::cerr << "usage: cores one-context|one-client|client-per-context THREADS SECONDS\n";
        return 2;
    }
    measure(given[0], threads, std::chrono::duration<double>{std::strtod(values[3], nullptr)});
    return EXIT_SUCCESS;
}
