#include "ratelimit/rate_gate.hpp"

#include <sipher/error_code.hpp>

#include <boost/system/errc.hpp>

#include <algorithm>
#include <new>

namespace sipher::detail {

/// A waiting call.
class gate_call final : public waiting_call<gate_call, gate_waiter, gate_result> {
public:
    gate_call(const std::shared_ptr<rate_gate>& owner, std::shared_ptr<timer_queue> timers, const gate_request& asked)
        : waiting_call(gate_waiter{asked.place, asked.deadline}, std::move(timers), errc::rate_limited), owner_(owner)
    {
    }

private:
    void give_up(boost::system::error_code why) override
    {
        if (const auto owner = owner_.lock()) {
            owner->give_up(*this, why);
        }
    }

    const std::weak_ptr<rate_gate> owner_;
};

class rate_gate::aftermath : public ended_calls<gate_call> {};

rate_gate::rate_gate(rate_gate_core::rules chosen, std::shared_ptr<random_source> random,
                     boost::asio::any_io_executor executor, std::shared_ptr<timer_queue> timers)
    : executor_(std::move(executor)), timers_(std::move(timers)),
      free_from_(clock::time_point::min().time_since_epoch().count()), core_(chosen, std::move(random))
{
}

rate_gate::~rate_gate()
{
    timers_->disarm(*this);
}

void rate_gate::wait(const gate_request& asked, completion<gate_result> done)
{
    try {
        const auto call = std::make_shared<gate_call>(self(), timers_, asked);
        call->connect_cancellation(done.slot());
        aftermath after;
        const std::lock_guard lock{mutex_};
        timers_->arm(*call, asked.deadline);
        call->done = std::move(done);
        call->self = call;
        admit(*call, asked, after);
    } catch (const std::bad_alloc&) {
        std::move(done).post(gate_result{make_error_code(boost::system::errc::not_enough_memory)});
    }
}

void rate_gate::admit(gate_call& call, const gate_request& asked, aftermath& after) noexcept
{
    if (closed_ || (refusing_ && !asked.cleans_up)) {
        after.complete(call, gate_result{errc::client_closed});
        return;
    }
    const clock::time_point now = timers_->time().now();
    const auto wait = core_.enter(call, asked.again, now);
    if (wait) {
        const bool is_free = *wait == std::chrono::nanoseconds{};
        after.complete(call, is_free ? gate_result{} : gate_result{errc::rate_limited, *wait});
    }
    go_on(after, now);
}

/// Releases all calls whose turn has come, and sets the timer for the next one.
void rate_gate::go_on(aftermath& after, clock::time_point now) noexcept
{
    for (;;) {
        if (gate_waiter* const late = core_.refuse_first()) {
            after.complete(*late, gate_result{errc::rate_limited, core_.expected_wait(late->place, now)});
        } else if (gate_waiter* const next = core_.release(now)) {
            after.complete(*next, gate_result{});
        } else {
            break;
        }
    }
    free_from_.store(core_.free_from().time_since_epoch().count(), std::memory_order_release);
    const clock::time_point when = core_.next_release();
    if (when != timer_at_) {
        // Without memory, the next call sets it; waiting calls have deadlines.
        timer_at_ = timers_->try_arm(*this, when) ? when : clock::time_point::max();
    }
}

void rate_gate::on_timer()
{
    aftermath after;
    const std::lock_guard lock{mutex_};
    timer_at_ = clock::time_point::max();
    go_on(after, timers_->time().now());
}

void rate_gate::give_up(gate_call& call, boost::system::error_code why) noexcept
{
    aftermath after;
    const std::lock_guard lock{mutex_};
    if (!call.is_queued()) {
        return;
    }
    const clock::time_point now = timers_->time().now();
    core_.leave(call);
    after.complete(call, gate_result{why, core_.expected_wait(call.place, now)});
    go_on(after, now);
}

bool rate_gate::pass(bool has_turn, clock::time_point now)
{
    const std::lock_guard lock{mutex_};
    const bool may = core_.pass(has_turn, now);
    free_from_.store(core_.free_from().time_since_epoch().count(), std::memory_order_release);
    return may;
}

template <class Step>
void rate_gate::change(clock::time_point now, Step step)
{
    aftermath after;
    const std::lock_guard lock{mutex_};
    const clock::time_point opened_at = core_.opens_at();
    step();
    refuse_late(after, opened_at, now);
    go_on(after, now);
}

bool rate_gate::learn(const rate_gate_core::lesson& reported, clock::time_point now)
{
    bool is_news = false;
    change(now, [&] { is_news = core_.learn(reported, now); });
    return is_news;
}

void rate_gate::refuse_late(aftermath& after, clock::time_point opened_at, clock::time_point now) noexcept
{
    if (core_.opens_at() > opened_at) {
        gate_waiter_list refused;
        core_.refuse(now, refused);
        while (!refused.empty()) {
            gate_waiter& late = refused.front();
            refused.pop_front();
            after.complete(late, gate_result{errc::rate_limited, core_.opens_at() - now});
        }
    }
}

bool rate_gate::pass_by_reserve(clock::time_point now)
{
    bool passed = false;
    change(now, [&] { passed = core_.pass_by_reserve(now); });
    return passed;
}

void rate_gate::discount() noexcept
{
    change(timers_->time().now(), [&] { core_.discount(); });
}

void rate_gate::set(const rate_window::account& reported, clock::time_point now)
{
    change(now, [&] { core_.set(reported, now); });
}

rate_window::balance rate_gate::balance_at(clock::time_point now) const
{
    const std::lock_guard lock{mutex_};
    return core_.balance_at(now);
}

clock::time_point rate_gate::opens_at() const
{
    const std::lock_guard lock{mutex_};
    return core_.opens_at();
}

rate_gate_stats rate_gate::stats(clock::time_point now) const
{
    const std::lock_guard lock{mutex_};
    rate_gate_stats snapshot;
    snapshot.waiting = core_.waiting();
    snapshot.longest_wait = core_.longest_wait(now);
    snapshot.closed_for = std::max(core_.opens_at(), now) - now;
    snapshot.remaining = core_.remaining(now);
    return snapshot;
}

void rate_gate::close() noexcept
{
    {
        const std::lock_guard lock{mutex_};
        closed_ = true;
    }
    refuse_waiting();
}

void rate_gate::refuse_waiting() noexcept
{
    aftermath after;
    const std::lock_guard lock{mutex_};
    refusing_ = true;
    while (gate_waiter* const waiting = core_.dismiss()) {
        after.complete(*waiting, gate_result{errc::client_closed});
    }
    go_on(after, timers_->time().now());
}

} // namespace sipher::detail
