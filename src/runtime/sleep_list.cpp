#include "runtime/sleep_list.hpp"

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <vector>

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
            target->self = target;
            sleepers_.push_back(*target);
            timers_->arm(*target, when);
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
    std::vector<std::shared_ptr<sleeper>> woken;
    {
        const std::lock_guard lock{mutex_};
        released_ = code;
        while (!sleepers_.empty()) {
            woken.push_back(std::move(sleepers_.front().self));
            sleepers_.pop_front();
        }
    }
    for (const auto& each : woken) {
        std::move(each->done).post(code);
    }
}

void sleep_list::abandon() noexcept
{
    std::vector<std::shared_ptr<sleeper>> dropped;
    const std::lock_guard lock{mutex_};
    while (!sleepers_.empty()) {
        dropped.push_back(std::move(sleepers_.front().self));
        sleepers_.pop_front();
    }
}

} // namespace sipher::detail
