#include "runtime/sleep_list.hpp"

#include "runtime/waiting_call.hpp"

#include <boost/system/errc.hpp>

#include <new>

namespace sipher::detail {

using boost::system::error_code;

class sleep_list::sleeper final : public waiting_call<sleeper, sleep_waiter, error_code> {
public:
    explicit sleeper(std::shared_ptr<sleep_list> owner)
        : waiting_call({}, owner->timers_, error_code{}), owner_(std::move(owner))
    {
    }

private:
    void give_up(error_code why) override { owner_->wake(*this, why); }

    const std::shared_ptr<sleep_list> owner_;
};

void sleep_list::begin(clock::time_point when, completion<error_code> done)
{
    std::optional<error_code> ended;
    try {
        const auto call = std::make_shared<sleeper>(shared_from_this());
        call->connect_cancellation(done.slot());
        const std::lock_guard lock{mutex_};
        ended = released_;
        if (!ended) {
            timers_->arm(*call, when);
            call->done = std::move(done);
            call->self = call;
            call->sleeps = true;
            sleepers_.push_back(*call);
        }
    } catch (const std::bad_alloc&) {
        ended = make_error_code(boost::system::errc::not_enough_memory);
    }
    if (ended) {
        std::move(done).post(*ended);
    }
}

void sleep_list::wake(sleep_waiter& target, error_code code) noexcept
{
    ended_calls<sleeper> after;
    const std::lock_guard lock{mutex_};
    if (std::exchange(target.sleeps, false)) {
        sleepers_.erase(sleepers_.iterator_to(target));
        after.complete(target, code);
    }
}

void sleep_list::release(error_code code) noexcept
{
    ended_calls<sleeper> after;
    const std::lock_guard lock{mutex_};
    released_ = code;
    while (!sleepers_.empty()) {
        sleep_waiter& first = sleepers_.front();
        first.sleeps = false;
        sleepers_.pop_front();
        after.complete(first, code);
    }
}

} // namespace sipher::detail
