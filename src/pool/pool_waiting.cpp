#include "pool/pool_waiting.hpp"

#include "pool/pool.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>

#include <new>

namespace sipher::detail {

void pool_call::on_timer()
{
    if (const auto owner = owner_.lock()) {
        owner->give_up(*this, errc::deadline_exceeded);
    }
}

void pool_call::connect_cancellation(boost::asio::cancellation_slot slot)
{
    if (slot.is_connected()) {
        slot.assign([weak = std::weak_ptr<timer_target>{shared_from_this()}](boost::asio::cancellation_type) {
            if (const auto call = std::static_pointer_cast<pool_call>(weak.lock())) {
                if (const auto owner = call->owner_.lock()) {
                    owner->give_up(*call, boost::asio::error::operation_aborted);
                }
            }
        });
    }
}

pool_aftermath::~pool_aftermath()
{
    for (const auto& each : ended_) {
        close_event event;
        event.address = each->open_connection->address();
        event.reason = each->ended_because;
        event.age = each->age;
        event.requests = each->requests;
        notify(watcher_, &observer::on_close, event);
    }
    while (!to_complete_.empty()) {
        auto& first = static_cast<pool_call&>(to_complete_.front());
        to_complete_.pop_front();
        const std::shared_ptr<pool_call> call = std::move(first.self);
        try {
            std::move(call->done).post(std::move(call->result));
        } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
            // Asio has no memory to resume a coroutine, and has destroyed it; what it held came back.
        }
    }
}

} // namespace sipher::detail
