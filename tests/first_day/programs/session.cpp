// A request under a session, as docs/sessions.md shows it.

#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> agent(sipher::client client)
{
    sipher::session_defaults defaults;
    defaults.chain = sipher::chain::near;
    defaults.privacy_level = sipher::privacy_level::shielded;
    auto work = [&](sipher::session session) -> asio::awaitable<int> {
        sipher::call_options under;
        under.session = session;
        const boost::json::value made =
            co_await client.request(sipher::verb::post, "/v1/stealth/generate", boost::json::object{}, under);
        const auto used = boost::json::value_to<sipher::session_defaults>(made);
        std::cout << "made on " << *used.chain << ", " << *used.privacy_level << "\n";
        co_return 0;
    };
    co_await sipher::with_session(client, defaults, 10min, work);
}

int main()
{
    asio::io_context context;
    sipher::client client{context, sipher::client_options::from_environment()};
    auto done = asio::co_spawn(context, agent(client), asio::use_future);
    context.run();
    try {
        done.get();
    } catch (const sipher::error& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
