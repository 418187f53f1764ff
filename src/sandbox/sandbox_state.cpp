#include "sandbox/sandbox_state.hpp"

#include "sandbox/request_validation.hpp"

#include <boost/json/object.hpp>

#include <string_view>
#include <utility>

namespace sipher::testing::detail {

request_ticket sandbox_state::accept(const request& complete)
{
    request_ticket result;
    result.entry = std::make_shared<ledger_entry>();
    ledger_entry& entry = *result.entry;
    entry.method = complete.message.method_string();
    entry.target = complete.message.target();
    entry.request_id = complete.id;
    for (const auto& field : complete.message) {
        entry.headers.emplace_back(field.name_string(), field.value());
    }
    entry.body = complete.message.body();
    ++counters.requests;
    ledger.push_back(result.entry);
    if (!faults.empty()) {
        result.applied = std::move(faults.front());
        faults.pop_front();
    }
    return result;
}

response sandbox_state::perform(const request_ticket& which, const request& complete)
{
    handler_result result = backend.handle(complete);
    ledger_entry& entry = *which.entry;
    entry.applied = result.effect != nullptr;
    if (result.effect != nullptr) {
        ++(counters.*result.effect);
    }
    if (result.ran_under) {
        entry.effective_defaults = to_defaults(*result.ran_under);
    }
    return std::move(result.made);
}

void sandbox_state::restart()
{
    faults.clear();
    backend.restart();
}

void sandbox_state::reset()
{
    restart();
    ledger.clear();
    const auto open = counters.open_connections;
    counters = {};
    counters.open_connections = open;
}

std::vector<session> sandbox_state::sessions() const
{
    std::vector<session> result;
    for (const stored_session& stored : backend.sessions()) {
        session copy{session_id{stored.id}, stored.expires_at};
        copy.defaults = to_defaults(stored.defaults);
        copy.created_at = stored.created_at;
        copy.last_accessed_at = stored.last_accessed_at;
        result.push_back(std::move(copy));
    }
    return result;
}

} // namespace sipher::testing::detail
