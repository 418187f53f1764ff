#include "pool/pool_waiting.hpp"

#include "pool/pool.hpp"

namespace sipher::detail {

void pool_call::give_up(boost::system::error_code why)
{
    if (const auto owner = owner_.lock()) {
        owner->give_up(*this, why);
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
}

} // namespace sipher::detail
