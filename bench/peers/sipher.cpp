// sipher as a user has it: typed results, deadlines, retries and the rate gate, all at their defaults.
#include "arguments.hpp"
#include "callers.hpp"
#include "sample_defaults.hpp"
#include "sipher_options.hpp"
#include "wire.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<sipher::tls_ticket_store> tickets_in(const std::string& file)
{
    std::ifstream saved{file, std::ios::binary};
    std::string content{std::istreambuf_iterator<char>{saved}, {}};
    return content.empty() ? std::make_shared<sipher::tls_ticket_store>()
                           : std::make_shared<sipher::tls_ticket_store>(sipher::secret{std::move(content)});
}

void save_tickets(const sipher::tls_ticket_store& tickets, const std::string& file)
{
    std::ofstream{file, std::ios::binary} << tickets.save().reveal();
}

sipher::client_options options_of(const bench::arguments& arguments)
{
    sipher::client_options options = bench::sipher_options(arguments, arguments.calls);
    if (arguments.fresh) {
        options.pool.max_idle = 0;
    }
    if (!arguments.ticket_file.empty()) {
        options.tls.tickets = tickets_in(arguments.ticket_file);
    }
    return options;
}

asio::awaitable<void> get(sipher::client& client, bench::budget& budget)
{
    const sipher::session_id id{bench::wire::session_id};
    while (budget.take()) {
        co_await client.get_session(id);
    }
}

asio::awaitable<void> create(sipher::client& client, bench::budget& budget)
{
    const sipher::session_defaults wanted = bench::sample_defaults();
    while (budget.take()) {
        co_await client.create_session(wanted, 30min);
    }
}

asio::awaitable<void> update(sipher::client& client, bench::budget& budget)
{
    const sipher::session_id id{bench::wire::session_id};
    const sipher::session_defaults wanted = bench::sample_defaults();
    while (budget.take()) {
        co_await client.update_session(id, wanted);
    }
}

asio::awaitable<void> remove(sipher::client& client, bench::budget& budget)
{
    const sipher::session_id id{bench::wire::session_id};
    while (budget.take()) {
        co_await client.delete_session(id);
    }
}

asio::awaitable<void> run(sipher::client& client, bench::budget& budget, bench::operation operation)
{
    switch (operation) {
    case bench::operation::get: return get(client, budget);
    case bench::operation::create: return create(client, budget);
    case bench::operation::update: return update(client, budget);
    case bench::operation::remove: return remove(client, budget);
    }
    throw std::logic_error{"no such operation"};
}

void run(const bench::arguments& arguments)
{
    asio::io_context context{1};
    const sipher::client_options options = options_of(arguments);
    sipher::client client{context, options};
    bench::budget budget{arguments.operations};
    bench::callers callers{context, arguments};
    for (std::size_t call = 0; call < arguments.calls; ++call) {
        callers.start(run(client, budget, arguments.operation));
    }
    callers.run();
    if (options.tls.tickets) {
        save_tickets(*options.tls.tickets, arguments.ticket_file);
    }
}

} // namespace

int main(int count, char** values)
{
    return bench::run_program("sipher", count, values, run);
}
