// Calls that arrive by themselves, through sipher.
#include "open_loop.hpp"

#include "peers/sipher_options.hpp"
#include "peers/wire.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>

namespace asio = boost::asio;

namespace {

asio::awaitable<void> read(sipher::client& client, sipher::session_id id)
{
    co_await client.get_session(id);
}

void run(const bench::arguments& arguments)
{
    asio::io_context context{1};
    sipher::client client{context, bench::sipher_options(arguments, arguments.rate * arguments.seconds)};
    const sipher::session_id id{bench::wire::session_id};
    bench::open_loop loop{context, arguments, [&] { return client.prewarm(arguments.connections); },
                          [&] { return read(client, id); }};
    loop.run();
}

} // namespace

int main(int count, char** values)
{
    return bench::run_program("latency_sipher", count, values, run);
}
