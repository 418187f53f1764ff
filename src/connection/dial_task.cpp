#include "connection/dial_task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace sipher::detail {

namespace asio = boost::asio;

asio::awaitable<void> dial_task::pause(clock::time_point at_most)
{
    if (now() >= deadline_) {
        throw out_of_time();
    }
    timers_->arm(*this, std::min(deadline_, at_most));
    auto sleep = [this](auto handler) { sleeping_ = completion<>{std::move(handler), strand_}; };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(sleep, asio::use_awaitable);
    if (stop_) {
        throw connect_failure{*stop_};
    }
}

void dial_task::set_deadline(std::chrono::milliseconds timeout)
{
    deadline_ = timeout.count() == 0 ? clock::time_point::max() : now() + timeout;
}

} // namespace sipher::detail
