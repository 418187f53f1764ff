#include "runtime/timer_queue.hpp"

#include <exception>
#include <new>
#include <utility>

namespace sipher::detail {

std::shared_ptr<timer_queue> timer_queue::make(boost::asio::any_io_executor executor, std::shared_ptr<clock> time)
{
    std::shared_ptr<timer_queue> queue{new timer_queue{std::move(time)}};
    queue->alarm_ = queue->time_->make_alarm(std::move(executor), [weak = std::weak_ptr<timer_queue>{queue}] {
        if (const auto self = weak.lock()) {
            self->wake();
        }
    });
    return queue;
}

void timer_queue::arm(timer_target& target, clock::time_point when)
{
    const std::lock_guard lock{mutex_};
    if (!alarm_) {
        return;
    }
    if (when == clock::time_point::max()) {
        remove(target);
        return;
    }
    if (target.position_ == timer_target::not_armed) {
        heap_.push_back({when, &target});
        target.position_ = heap_.size() - 1;
    } else {
        heap_[target.position_].when = when;
    }
    sift_up(target.position_);
    sift_down(target.position_);
    if (heap_.front().when < alarm_at_) {
        try {
            set_alarm();
        } catch (...) {
            remove(target);
            throw;
        }
    }
}

void timer_queue::disarm(timer_target& target) noexcept
{
    const std::lock_guard lock{mutex_};
    remove(target);
    if (heap_.empty() && alarm_ && alarm_at_ != clock::time_point::max()) {
        // A pending alarm would keep the executor alive without anything to wait for.
        alarm_at_ = clock::time_point::max();
        alarm_->cancel();
    }
}

void timer_queue::stop() noexcept
{
    std::unique_ptr<clock::alarm> alarm;
    const std::lock_guard lock{mutex_};
    alarm = std::move(alarm_);
    for (const entry& each : heap_) {
        each.target->position_ = timer_target::not_armed;
    }
    heap_.clear();
}

void timer_queue::wake()
{
    std::exception_ptr failure;
    while (const std::shared_ptr<timer_target> due = next_due()) {
        // A failure must not keep the other targets from being called.
        try {
            due->on_timer();
        } catch (const std::bad_alloc&) {
            failure = std::current_exception();
            arm(*due, time_->now() + without_memory);
        } catch (...) {
            failure = std::current_exception();
        }
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

std::shared_ptr<timer_target> timer_queue::next_due()
{
    const std::lock_guard lock{mutex_};
    alarm_at_ = clock::time_point::max();
    while (alarm_ && !heap_.empty()) {
        if (heap_.front().when > time_->now()) {
            set_alarm();
            break;
        }
        timer_target& target = *heap_.front().target;
        std::shared_ptr<timer_target> due = target.weak_from_this().lock();
        remove(target);
        if (due) {
            return due;
        }
    }
    return nullptr;
}

/// Without an alarm no target would be woken any more, so a failed allocation is retried once.
void timer_queue::set_alarm()
{
    alarm_at_ = clock::time_point::max();
    try {
        alarm_->set(heap_.front().when);
    } catch (const std::bad_alloc&) {
        alarm_->set(heap_.front().when);
    }
    alarm_at_ = heap_.front().when;
}

void timer_queue::place(std::size_t position, const entry& moved) noexcept
{
    heap_[position] = moved;
    moved.target->position_ = position;
}

void timer_queue::sift_up(std::size_t position) noexcept
{
    const entry moved = heap_[position];
    while (position > 0 && moved.when < heap_[(position - 1) / children].when) {
        place(position, heap_[(position - 1) / children]);
        position = (position - 1) / children;
    }
    place(position, moved);
}

void timer_queue::sift_down(std::size_t position) noexcept
{
    const entry moved = heap_[position];
    for (;;) {
        const std::size_t first = children * position + 1;
        if (first >= heap_.size()) {
            break;
        }
        const std::size_t last = std::min(first + children, heap_.size());
        std::size_t earliest = first;
        for (std::size_t child = first + 1; child < last; ++child) {
            earliest = heap_[child].when < heap_[earliest].when ? child : earliest;
        }
        if (heap_[earliest].when >= moved.when) {
            break;
        }
        place(position, heap_[earliest]);
        position = earliest;
    }
    place(position, moved);
}

void timer_queue::remove(timer_target& target) noexcept
{
    const std::size_t position = target.position_;
    if (position == timer_target::not_armed) {
        return;
    }
    target.position_ = timer_target::not_armed;
    const entry last = heap_.back();
    heap_.pop_back();
    if (last.target == &target) {
        return;
    }
    place(position, last);
    sift_up(position);
    sift_down(last.target->position_);
}

} // namespace sipher::detail
