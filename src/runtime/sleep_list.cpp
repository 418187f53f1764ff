#include "runtime/sleep_list.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <new>

namespace sipher::detail {

using boost::system::error_code;

void sleep_list::begin(clock::time_point when, completion<error_code> done)
{
    const auto target = std::make_shared<sleeper>(shared_from_this(), std::move(done));
    if (auto slot = target->done.slot(); slot.is_connected()) {
        slot.assign([weak = std::weak_ptr<timer_target>{target}, this](boost::asio::cancellation_type) {
            // The sleeper keeps the list alive.
            if (const auto sleeping = std::static_pointer_cast<sleeper>(weak.lock())) {
                wake(*sleeping, boost::asio::error::operation_aborted);
            }
        });
    }
    std::optional<error_code> released;
    {
        const std::lock_guard lock{mutex_};
        released = released_;
        if (!released) {
            // Before it is in the list: should memory run out, nothing is left there.
            timers_->arm(*target, when);
            target->self = target;
            sleepers_.push_back(*target);
        }
    }
    if (released) {
        std::move(target->done).post(*released);
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
            // Asio has no memory to resume a coroutine, and has destroyed it.
        }
    }
}

void sleep_list::abandon() noexcept
{
    while (const std::shared_ptr<sleeper> dropped = take_first()) {
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
