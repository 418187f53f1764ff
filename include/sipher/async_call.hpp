#pragma once

#include <sipher/config.hpp>
#include <sipher/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <type_traits>
#include <utility>

namespace sipher {

namespace detail {

/// What was thrown, as an error: `sipher::error` as it is, `std::bad_alloc` as `std::errc::not_enough_memory`, and what
/// is unknown as `errc::callback_failed` with its cause.
SIPHER_API error error_of(const std::exception_ptr& thrown);

/// `operation` with all types of cancellation; a coroutine of Asio lets only `terminal` through by itself.
template <class T>
boost::asio::awaitable<T> with_all_cancellation(boost::asio::awaitable<T> operation)
{
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::enable_total_cancellation());
    co_return co_await std::move(operation);
}

/// Completes with a code and, unless `T` is `void`, a value; what was thrown is put where it is wanted.
template <class T>
auto completing_with_code(error* diagnostics)
{
    const auto keep = [diagnostics](const std::exception_ptr& thrown) {
        error failure = thrown ? error_of(thrown) : error{};
        const boost::system::error_code code = failure.code();
        if (diagnostics != nullptr) {
            *diagnostics = std::move(failure);
        }
        return code;
    };
    if constexpr (std::is_void_v<T>) {
        return boost::asio::deferred(
            [keep](const std::exception_ptr& thrown) { return boost::asio::deferred.values(keep(thrown)); });
    } else {
        return boost::asio::deferred([keep](const std::exception_ptr& thrown, T value) {
            return boost::asio::deferred.values(keep(thrown), std::move(value));
        });
    }
}

} // namespace detail

/// Runs an operation for any completion token, as Asio's own operations are run: for callbacks, `use_future`,
/// `deferred`, `as_tuple`, `yield_context` and coroutines of other executor types.
///
///     sipher::error diagnostics;
///     sipher::async_call(client.get_executor(), client.get_session(id), diagnostics,
///                        [](boost::system::error_code code, sipher::session session) { … });
///
/// Completes with `void(boost::system::error_code, T)`, or `void(boost::system::error_code)` for an operation that
/// gives nothing. `T` is default-constructed beside a code that says failure.
///
/// Arguments: the operation is taken by value and runs on `executor`. `diagnostics` is set before the handler runs, to
/// an error without a code after a success; it must live until then.
/// Cancellation: by the handler's cancellation slot, of every type, as the operation has it.
/// Errors: those of the operation; `std::errc::not_enough_memory` for `std::bad_alloc`.
/// Executors: the handler runs on its associated executor, or on `executor`, never from within this function.
/// Thread safety: safe.
template <class T, class CompletionToken>
auto async_call(const boost::asio::any_io_executor& executor, boost::asio::awaitable<T> operation, error& diagnostics,
                CompletionToken&& token)
{
    return boost::asio::co_spawn(executor, detail::with_all_cancellation(std::move(operation)),
                                 detail::completing_with_code<T>(&diagnostics))(std::forward<CompletionToken>(token));
}

/// The same for whom a code is enough.
template <class T, class CompletionToken>
auto async_call(const boost::asio::any_io_executor& executor, boost::asio::awaitable<T> operation,
                CompletionToken&& token)
{
    return boost::asio::co_spawn(executor, detail::with_all_cancellation(std::move(operation)),
                                 detail::completing_with_code<T>(nullptr))(std::forward<CompletionToken>(token));
}

} // namespace sipher
