#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

namespace sipher::detail {

/// Awaited before an operation fails that has not waited for anything: a loop of such operations must not occupy its
/// executor. (A cancelled coroutine cannot wait.)
inline boost::asio::awaitable<void> let_others_run()
{
    const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
    if (cancellation.cancelled() == boost::asio::cancellation_type::none) {
        co_await boost::asio::post(boost::asio::deferred);
    }
}

} // namespace sipher::detail
