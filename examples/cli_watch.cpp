// The command `watch`: prints a session whenever it has changed.

#include "cli_watch.hpp"

#include "cli_error.hpp"
#include "cli_output.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace asio = boost::asio;

namespace {

asio::awaitable<void> wait_for(std::chrono::milliseconds time)
{
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, time};
    const auto [failure] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (failure) {
        throw sipher::error{failure, "cancelled between two reads"};
    }
}

/// Reading counts as access, so a new access time alone is no change.
bool has_changed(sipher::session before, const sipher::session& now)
{
    before.last_accessed_at = now.last_accessed_at;
    return before != now;
}

} // namespace

asio::awaitable<void> watch(sipher::client client, cli_arguments given)
{
    const sipher::session_id id = given.session.value();
    // A session that does not exist at the start is an error: most likely the id is wrong.
    sipher::session shown = co_await client.get_session(id);
    print(std::vector{shown}, cli_output::json);
    while (true) {
        co_await wait_for(given.every);
        const sipher::result<sipher::session> now = co_await sipher::as_result(client.get_session(id));
        if (!now && now.error().code() == sipher::condition::not_found) {
            complain("the session is gone; it was due to expire at " + to_text(shown.expires_at));
            co_return;
        }
        if (has_changed(shown, now.value())) {
            shown = now.value();
            print(std::vector{shown}, cli_output::json);
        }
    }
}
