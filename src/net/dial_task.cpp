#include "net/dial_task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/errc.hpp>

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

/// Does not keep the task alive: releasing the task abandons it.
class dial_task::listener final : public readiness_listener {
public:
    explicit listener(std::weak_ptr<dial_task> task) : task_(std::move(task)) {}

    void on_readable(boost::system::error_code) override
    {
        // Any failure is reported by the next step.
        if (const auto task = task_.lock()) {
            task->post_event([raw = task.get()] { raw->ready_ = true; });
        }
    }
    void on_writable(boost::system::error_code failure) override { on_readable(failure); }

private:
    const std::weak_ptr<dial_task> task_;
};

asio::awaitable<void> dial_task::wait_for(io_interest what, byte_stream& stream)
{
    ready_ = false;
    if (what == io_interest::readable) {
        stream.wait_readable(std::make_shared<listener>(self()));
    } else {
        stream.wait_writable(std::make_shared<listener>(self()));
    }
    while (!ready_) {
        co_await pause(clock::time_point::max());
    }
}

connect_failure dial_task::out_of_memory()
{
    return {make_error_code(boost::system::errc::not_enough_memory), {}, true};
}

void dial_task::set_deadline(std::chrono::milliseconds timeout)
{
    deadline_ = timeout.count() == 0 ? clock::time_point::max() : now() + timeout;
}

} // namespace sipher::detail
