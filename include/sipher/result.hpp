#pragma once

#include <sipher/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/result.hpp>

#include <utility>

namespace sipher {

/// A value, or the `error` that prevented it.
template <class T>
using result = boost::system::result<T, error>;

/// Runs `operation` and returns its exception as a value, for callers that do not want exceptions.
///
///     sipher::result<sipher::session> session = co_await sipher::as_result(client.get_session(id));
///     if (!session) { std::cerr << session.error().what(); }
///
/// Arguments: the awaitable is taken by value and runs when the returned one is awaited.
/// Idempotency and retry: that of the operation.
/// Cancellation: passed on to `operation`; a cancelled one gives an error with `operation_aborted`.
/// Errors: exceptions other than `boost::system::system_error`, such as `std::bad_alloc`, still pass through.
template <class T>
[[nodiscard]] boost::asio::awaitable<result<T>> as_result(boost::asio::awaitable<T> operation)
{
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(operation);
            co_return result<void>{};
        } else {
            T value = co_await std::move(operation);
            co_return result<T>{std::move(value)};
        }
    } catch (const error& failure) {
        co_return result<T>{failure};
    } catch (const boost::system::system_error& failure) {
        co_return result<T>{error{failure.code(), failure.what()}};
    }
}

} // namespace sipher
