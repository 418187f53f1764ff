// A session from start to end, and the effect on a request whose session the service has lost.

#include "example_service.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json/object.hpp>

#include <cstdlib>
#include <iostream>

namespace asio = boost::asio;
namespace json = boost::json;
using namespace std::chrono_literals;

void print(const char* step, const sipher::session& session)
{
    const auto left = std::chrono::round<std::chrono::minutes>(session.expires_at - std::chrono::system_clock::now());
    std::cout << step << session.id << " with " << session.defaults << ", expires in " << left.count() << " min\n";
}

/// Any other endpoint works under a session; this one's response shows the defaults it used.
asio::awaitable<void> generate(const char* step, sipher::client client, sipher::applied_session session)
{
    sipher::call_options options;
    options.session = session;
    const auto generated = co_await client.request(sipher::verb::post, "/v1/stealth/generate", json::object{}, options);
    std::cout << step << "a stealth address on " << json::value_to<sipher::session_defaults>(generated) << "\n";
}

asio::awaitable<void> tour(sipher::client client, sipher::testing::sandbox* sandbox)
{
    sipher::session_defaults defaults;
    defaults.chain = sipher::chain::near;
    sipher::session session = co_await client.create_session(defaults, 30min);
    print("created     ", session);
    session = co_await client.get_session(session.id);
    print("read        ", session);
    defaults.privacy_level = sipher::privacy_level::shielded;
    session = co_await client.update_session(session.id, defaults);
    print("updated     ", session);
    co_await generate("used        ", client, session);

    if (sandbox != nullptr) {
        const sipher::session lost = co_await client.create_session(defaults, 30min);
        sandbox->lose_session(lost.id);
        std::cout << "\nThe service loses " << lost.id << ", as a restart makes it. Requests still succeed:\n";
        co_await generate("by its id   ", client, lost.id); // with defaults other than the session's
        co_await generate("pinned      ", client, lost);    // with the session's, which were sent with the request
        std::cout << "\n";
    } else {
        std::cout << "skipped     a session that the service loses: only the sandbox does so when asked\n";
    }

    const sipher::deleted_session deleted = co_await client.delete_session(session.id);
    std::cout << "deleted     " << deleted.id << "\n";
    const sipher::result<sipher::session> gone = co_await sipher::as_result(client.get_session(session.id));
    std::cout << "read again  " << (gone ? "it is still there" : gone.error().what()) << "\n";
}

int main()
{
    try {
        example_service service;
        std::cout << "Sessions of " << service.options.base_url << "\n\n";
        asio::io_context context;
        sipher::client client{context, service.options};
        auto done = asio::co_spawn(context, tour(std::move(client), service.sandbox ? &*service.sandbox : nullptr),
                                   asio::use_future);
        context.run();
        done.get(); // rethrows the tour's exception
        return EXIT_SUCCESS;
    } catch (const std::exception& problem) {
        std::cerr << "quickstart: " << problem.what() << "\n";
        return EXIT_FAILURE;
    }
}
