#pragma once

#include "errors/error_report.hpp"

#include <boost/asio/awaitable.hpp>

#include <utility>

namespace sipher::detail {

/// Lets nothing out that does not say what happened: Asio throws a bare exception into a coroutine that was cancelled
/// between the end of a wait and its next step.
/// @param operation A literal.
template <class T>
boost::asio::awaitable<T> with_outcome(boost::asio::awaitable<T> work, const char* operation, outcome effect)
{
    try {
        co_return co_await std::move(work);
    } catch (const error&) {
        throw;
    } catch (const boost::system::system_error& interruption) {
        throw_interrupted(operation, interruption.code(), effect);
    }
}

} // namespace sipher::detail
