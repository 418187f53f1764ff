#pragma once

#include "errors/error_report.hpp"

#include <boost/asio/awaitable.hpp>

#include <utility>

namespace sipher::detail {

/// Rethrows the exception being handled so that it has an outcome: Asio throws a bare exception into a coroutine that
/// was cancelled between the end of a wait and its next step.
/// @param operation A string literal.
[[noreturn]] inline void rethrow_with_outcome(const char* operation, outcome effect)
{
    try {
        throw;
    } catch (const error&) {
        throw;
    } catch (const boost::system::system_error& interruption) {
        throw_interrupted(operation, interruption.code(), effect);
    }
}

/// Ensures that every exception of `work` has an outcome.
template <class T>
boost::asio::awaitable<T> with_outcome(boost::asio::awaitable<T> work, const char* operation, outcome effect)
{
    try {
        co_return co_await std::move(work);
    } catch (...) {
        rethrow_with_outcome(operation, effect);
    }
}

} // namespace sipher::detail
