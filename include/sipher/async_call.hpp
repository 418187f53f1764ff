#pragma once

#include <sipher/config.hpp>
#include <sipher/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
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

/// The error code of `thrown`, if not null, and the whole error in `diagnostics`, if given: a `sipher::error`
/// unchanged, `std::bad_alloc` as `std::errc::not_enough_memory`, and any other exception as `errc::callback_failed`
/// with its cause.
SIPHER_API boost::system::error_code code_of(const std::exception_ptr& thrown, error* diagnostics) noexcept;

/// Runs `operation` with all types of cancellation enabled; by default an Asio coroutine lets only `terminal` through.
template <class T>
boost::asio::awaitable<T> with_all_cancellation(boost::asio::awaitable<T> operation)
{
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::enable_total_cancellation());
    co_return co_await std::move(operation);
}

/// Completes with a code and, unless `T` is `void`, a value.
template <class T>
auto completing_with_code(error* diagnostics)
{
    if constexpr (std::is_void_v<T>) {
        return boost::asio::deferred([diagnostics](const std::exception_ptr& thrown) {
            return boost::asio::deferred.values(code_of(thrown, diagnostics));
        });
    } else {
        return boost::asio::deferred([diagnostics](const std::exception_ptr& thrown, T value) {
            return boost::asio::deferred.values(code_of(thrown, diagnostics), std::move(value));
        });
    }
}

/// The initiation of `async_call`. (In Boost 1.83, `as_tuple` rejects a `deferred` with move-only arguments, so the
/// operation is a member and not an argument.)
template <class T>
class call_initiation {
public:
    using executor_type = boost::asio::any_io_executor;

    call_initiation(executor_type executor, boost::asio::awaitable<T> operation, error* diagnostics)
        : executor_(std::move(executor)), operation_(std::move(operation)), diagnostics_(diagnostics)
    {
    }

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }

    template <class Handler>
    void operator()(Handler&& handler)
    {
        boost::asio::co_spawn(executor_, with_all_cancellation(std::move(operation_)),
                              completing_with_code<T>(diagnostics_))(std::forward<Handler>(handler));
    }

private:
    executor_type executor_;
    boost::asio::awaitable<T> operation_;
    error* diagnostics_;
};

template <class T>
struct call_signature {
    using type = void(boost::system::error_code, T);
};

template <>
struct call_signature<void> {
    using type = void(boost::system::error_code);
};

} // namespace detail

/// Runs an operation with any completion token, as Asio's own operations do: callbacks, `use_future`, `deferred`,
/// `as_tuple`, `yield_context` and coroutines of other executor types.
///
///     sipher::error diagnostics;
///     sipher::async_call(client.get_executor(), client.get_session(id), diagnostics,
///                        [](boost::system::error_code code, sipher::session session) { … });
///
/// Completes with `void(boost::system::error_code, T)`, or `void(boost::system::error_code)` for an operation without a
/// result. On failure, `T` is default-constructed.
///
/// Arguments: the operation is taken by value and runs on `executor`. `diagnostics` is cleared at once and set before
/// the handler runs, if the operation failed; it must live until then.
/// Idempotency and retry: that of the operation.
/// Cancellation: through the handler's cancellation slot, with every type that the operation supports; until it starts
/// running on `executor`, only `terminal` takes effect. The signal must be emitted on `executor`, as for Asio's
/// coroutines.
/// Errors: those of the operation; `std::errc::not_enough_memory` for `std::bad_alloc`; `errc::callback_failed` for an
/// exception other than `boost::system::system_error`, which `error::cause()` then holds.
/// Executors: the handler runs on its associated executor, or on `executor`, never from within this function.
/// Thread safety: may be called from any thread.
template <class T, class CompletionToken>
auto async_call(const boost::asio::any_io_executor& executor, boost::asio::awaitable<T> operation, error& diagnostics,
                CompletionToken&& token)
{
    diagnostics = {};
    return boost::asio::async_initiate<CompletionToken, typename detail::call_signature<T>::type>(
        detail::call_initiation<T>{executor, std::move(operation), &diagnostics}, token);
}

/// The same without diagnostics.
template <class T, class CompletionToken>
auto async_call(const boost::asio::any_io_executor& executor, boost::asio::awaitable<T> operation,
                CompletionToken&& token)
{
    return boost::asio::async_initiate<CompletionToken, typename detail::call_signature<T>::type>(
        detail::call_initiation<T>{executor, std::move(operation), nullptr}, token);
}

} // namespace sipher
