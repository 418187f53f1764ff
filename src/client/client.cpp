#include <sipher/client.hpp>

#include "base/deadline.hpp"
#include "client/client_handle.hpp"
#include "client/operations.hpp"
#include "client/with_outcome.hpp"
#include "options/validation.hpp"

#include <sipher/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace sipher {

namespace asio = boost::asio;

namespace {

asio::awaitable<shutdown_report> drain(std::shared_ptr<detail::client_handle> handle, std::chrono::milliseconds grace)
{
    detail::client_state& state = *detail::require_client(handle).state();
    state.begin_closing();
    if (grace.count() > 0) {
        const clock::time_point start = state.now();
        const clock::time_point until = detail::deadline_after(start, grace);
        if (state.user_calls.count() != 0) {
            // Sessions are not deleted in the middle of a request, unless it takes up the time needed for deletes.
            const auto half = detail::deadline_after(start, grace - grace / 2);
            co_await state.user_calls.none_left->async_sleep_until(half, asio::use_awaitable);
        }
        const auto settled = detail::owned_sessions::remove_all(handle, until);
        co_await settled->async_sleep_until(until, asio::use_awaitable);
        if (state.user_calls.count() != 0) {
            co_await state.user_calls.none_left->async_sleep_until(until, asio::use_awaitable);
        }
    }
    shutdown_report report;
    report.sessions_left = handle->sessions().left();
    state.close();
    co_return report;
}

asio::awaitable<void> prewarm_pool(std::shared_ptr<detail::client_state> state, std::size_t connections)
{
    const pool_options& limits = detail::require_client(state).options.pool;
    detail::require(connections <= limits.max_connections, "connections", "must not be more than pool.max_connections");
    detail::require(connections <= limits.max_idle.value_or(connections), "connections",
                    "must not be more than pool.max_idle");
    detail::pool_request wanted;
    wanted.ready = connections;
    const detail::acquire_result result = co_await detail::with_outcome(
        state->pool->async_acquire(wanted, asio::use_awaitable), "prewarm", outcome::not_sent);
    if (result.code == asio::error::operation_aborted) {
        detail::throw_interrupted("prewarm", result.code, outcome::not_sent);
    }
    if (result.code) {
        throw error{result.code, result.message};
    }
}

} // namespace

client::client(asio::any_io_executor executor, client_options options)
    : handle_(detail::client_handle::make(std::move(executor), std::move(options)))
{
}

asio::awaitable<void> client::prewarm(std::size_t connections) const
{
    return prewarm_pool(detail::state_of(handle_), connections);
}

asio::awaitable<shutdown_report> client::shutdown(std::chrono::milliseconds grace) const
{
    return detail::with_outcome(drain(handle_, grace), "shutdown", outcome::not_sent);
}

client_stats client::stats() const
{
    const detail::client_state& state = *detail::require_client(handle_).state();
    client_stats snapshot = state.pool->stats();
    snapshot.rate_gate = state.gate->stats(state.now());
    snapshot.rate_gate.source_failures = state.shared.failures();
    return snapshot;
}

asio::any_io_executor client::get_executor() const
{
    return detail::require_client(handle_).executor();
}

std::shared_ptr<detail::client_handle> detail::handle_of(const client& owner)
{
    return owner.handle_;
}

} // namespace sipher
