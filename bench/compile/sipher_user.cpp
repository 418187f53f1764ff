// What a user of sipher compiles: the four operations, typed, over pooled TLS connections.
#include <sipher/sipher.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> agent()
{
    sipher::client client{co_await asio::this_coro::executor, sipher::client_options::from_environment()};
    sipher::session_defaults defaults;
    defaults.chain = sipher::chain::near;
    sipher::session session = co_await client.create_session(defaults, 30min);
    session = co_await client.get_session(session.id);
    session = co_await client.update_session(session.id, defaults);
    co_await client.delete_session(session.id);
}

int main()
{
    asio::io_context context;
    asio::co_spawn(context, agent(), asio::detached);
    context.run();
}
