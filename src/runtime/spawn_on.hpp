#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/dispatch.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace sipher::detail {

template <class T>
struct completion_of {
    using signature = void(std::exception_ptr, T);
};
template <>
struct completion_of<void> {
    using signature = void(std::exception_ptr);
};

/// `co_spawn` of a coroutine for a `parallel_group`. (That of Asio 1.26 dispatches a cancellation to `executor` with a
/// pointer into the group, which may have ended by then.)
template <class T, class Executor>
auto spawn_on(const Executor& executor, boost::asio::awaitable<T> work)
{
    namespace asio = boost::asio;
    auto begin = [executor](auto handler, asio::awaitable<T> task) {
        const auto signal = std::make_shared<asio::cancellation_signal>();
        if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
            slot.assign([executor, signal](asio::cancellation_type how) {
                asio::dispatch(executor, [signal, how] { signal->emit(how); });
            });
        }
        auto complete = [signal, handler = std::move(handler)](auto... results) mutable {
            std::move(handler)(std::move(results)...);
        };
        asio::co_spawn(executor, std::move(task), asio::bind_cancellation_slot(signal->slot(), std::move(complete)));
    };
    return asio::async_initiate<const asio::deferred_t, typename completion_of<T>::signature>(
        std::move(begin), asio::deferred, std::move(work));
}

} // namespace sipher::detail
