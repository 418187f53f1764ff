#pragma once

#include "client/client_handle.hpp"
#include "errors/error_report.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace sipher::detail {

/// Runs `work` on the client's executor and waits for it to end. If the wait is cancelled, the work continues, and its
/// result is destroyed.
/// @param operation A string literal.
template <class T>
boost::asio::awaitable<T> in_background(std::shared_ptr<client_handle> owner, boost::asio::awaitable<T> work,
                                        const char* operation)
{
    struct progress {
        std::shared_ptr<sleep_list> ended;
        std::exception_ptr failure;
        std::optional<T> result;
    };
    constexpr const char* no_context = "the client's execution context was destroyed";
    if (owner->state()->has_context_ended()) {
        throw make_error(errc::client_closed, operation, no_context, end_reason::client_closed, outcome::not_sent);
    }
    const auto made = std::make_shared<progress>();
    made->ended = owner->state()->library_waits.make();
    auto finish = [made](std::exception_ptr failure, T result) {
        made->failure = std::move(failure);
        made->result = std::move(result);
        made->ended->release({});
    };
    boost::asio::co_spawn(owner->executor(), std::move(work), std::move(finish));
    const auto [interruption] = co_await made->ended->async_sleep_until(
        clock::time_point::max(), boost::asio::as_tuple(boost::asio::use_awaitable));
    if (interruption == boost::asio::error::operation_aborted) {
        throw make_error(interruption, operation,
                         "cancelled; it continues in the background and leaves no session behind",
                         end_reason::cancelled, outcome::unknown);
    }
    if (interruption) {
        throw make_error(interruption, operation, no_context, end_reason::client_closed, outcome::unknown);
    }
    if (made->failure) {
        std::rethrow_exception(made->failure);
    }
    co_return std::move(*made->result);
}

} // namespace sipher::detail
