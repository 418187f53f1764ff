#include "runtime/sleep_list.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>

#include <new>

namespace sipher::detail {

using boost::system::error_code;

void sleep_list::begin(clock::time_point when, completion<error_code> done)
{
    std::optional<error_code> ended;
    try {
        const auto target = std::make_shared<sleeper>(shared_from_this());
        if (auto slot = done.slot(); slot.is_connected()) {
            slot.assign([weak = std::weak_ptr<timer_target>{target}, this](boost::asio::cancellation_type) {
                // The sleeper keeps the list alive.
                if (const auto sleeping = std::static_pointer_cast<sleeper>(weak.lock())) {
                    wake(*sleeping, boost::asio::error::operation_aborted);
                }
            });
        }
        const std::lock_guard lock{mutex_};
        ended = released_;
        if (!ended) {
            timers_->arm(*target, when);
            target->done = std::move(done);
            target->self = target;
            sleepers_.push_back(*target);
        }
    } catch (const std::bad_alloc&) {
        ended = make_error_code(boost::system::errc::not_enough_memory);
    }
    if (ended) {
        std::move(done).post(*ended);
    }
}

void sleep_list::wake(sleeper& target, error_code code)
{
    std::shared_ptr<sleeper> woken;
    {
        const std::lock_guard lock{mutex_};
        if (!target.is_linked()) {
            return;
        }
        sleepers_.erase(sleepers_.iterator_to(target));
        woken = std::move(target.self);
    }
    std::move(woken->done).post(code);
}

void sleep_list::release(error_code code) noexcept
{
    {
        const std::lock_guard lock{mutex_};
        released_ = code;
    }
    while (const std::shared_ptr<sleeper> woken = take_first()) {
        try {
            std::move(woken->done).post(code);
        } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
            // Asio lacked the memory to resume the coroutine, and has destroyed it.
        }
    }
}

std::shared_ptr<sleep_list::sleeper> sleep_list::take_first() noexcept
{
    const std::lock_guard lock{mutex_};
    if (sleepers_.empty()) {
        return nullptr;
    }
    std::shared_ptr<sleeper> first = std::move(sleepers_.front().self);
    sleepers_.pop_front();
    return first;
}

} // namespace sipher::detail
