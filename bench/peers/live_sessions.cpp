// Makes live sessions (--operations), keeps them all, and deletes them at the end. Says what memory it had at most.
#include "arguments.hpp"
#include "callers.hpp"
#include "sample_defaults.hpp"
#include "sipher_options.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Of this program only: what `getrusage` says includes the program that it was started from.
std::string peak_kibibytes()
{
    std::ifstream status{"/proc/self/status"};
    std::string word;
    while (status >> word && word != "VmHWM:") {
    }
    status >> word;
    return word;
}

asio::awaitable<void> start_some(sipher::client& client, bench::budget& budget,
                                 std::vector<sipher::live_session>& sessions)
{
    const sipher::session_defaults wanted = bench::sample_defaults();
    while (budget.take()) {
        sessions.push_back(co_await sipher::live_session::start(client, wanted));
    }
}

asio::awaitable<void> delete_all(sipher::client& client, std::vector<sipher::live_session>& sessions)
{
    const std::size_t started = sessions.size();
    sessions.clear();
    const sipher::shutdown_report report = co_await client.shutdown(60s);
    std::cout << "deleted " << started - report.sessions_left.size() << " peak " << peak_kibibytes() << "\n";
}

void run(const bench::arguments& arguments)
{
    asio::io_context context{1};
    sipher::client_options options = bench::sipher_options(arguments, arguments.calls);
    // Where each session has an id of its own.
    options.base_url += "/unique";
    sipher::client client{context, options};
    std::vector<sipher::live_session> sessions;
    bench::budget budget{arguments.operations};
    bench::callers callers{context, arguments};
    for (std::size_t call = 0; call < arguments.calls; ++call) {
        callers.start(start_some(client, budget, sessions));
    }
    callers.run();
    std::cout << "started " << sessions.size() << " peak " << peak_kibibytes() << "\n";
    context.restart();
    bench::callers last{context, arguments};
    last.start(delete_all(client, sessions));
    last.run();
}

} // namespace

int main(int count, char** values)
{
    return bench::run_program("live_sessions", count, values, run);
}
