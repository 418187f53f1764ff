#include "call/caller_waits.hpp"

#include <utility>
#include <vector>

namespace sipher::detail {

caller_waits::caller_waits(boost::asio::any_io_executor executor, std::shared_ptr<timer_queue> timers)
    : executor_(std::move(executor)), timers_(std::move(timers)),
      common_(std::make_shared<sleep_list>(executor_, timers_))
{
}

std::shared_ptr<sleep_list> caller_waits::make()
{
    auto made = std::make_shared<sleep_list>(executor_, timers_);
    const std::lock_guard lock{mutex_};
    others_.add(made);
    if (ended_) {
        made->release(errc::client_closed);
    }
    return made;
}

void caller_waits::end_others() noexcept
{
    std::vector<std::weak_ptr<sleep_list>> lists;
    {
        const std::lock_guard lock{mutex_};
        lists = others_.take();
    }
    for (const auto& each : lists) {
        if (const auto there = each.lock()) {
            there->release(errc::client_closed);
        }
    }
}

void caller_waits::end_all() noexcept
{
    {
        const std::lock_guard lock{mutex_};
        ended_ = true;
    }
    end_common();
    end_others();
}

} // namespace sipher::detail
