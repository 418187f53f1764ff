#include "sandbox/sandbox_state.hpp"

#include <sipher/session.hpp>

#include <boost/json/object.hpp>

#include <string_view>
#include <utility>

namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

template <class Value>
void read_member(const json::object& from, std::string_view name, std::optional<Value>& to)
{
    const json::value* const found = from.if_contains(name);
    if (found == nullptr || !found->is_string()) {
        return;
    }
    const std::string_view text = found->get_string();
    if constexpr (requires { Value::from_name(text); }) {
        to = Value::from_name(text);
    } else {
        to = Value{text};
    }
}

session_defaults to_defaults(const json::object& from)
{
    session_defaults result;
    read_member(from, "chain", result.chain);
    read_member(from, "privacyLevel", result.privacy_level);
    read_member(from, "rpcProvider", result.rpc_provider);
    read_member(from, "backend", result.backend);
    read_member(from, "defaultViewingKey", result.default_viewing_key);
    return result;
}

} // namespace

void sandbox_state::add(std::uint64_t sandbox_counters::*counter, std::uint64_t by)
{
    const std::lock_guard lock{mutex_};
    counters_.*counter += by;
}

request_ticket sandbox_state::accept(const request& complete)
{
    ledger_entry entry;
    entry.method = complete.message.method_string();
    entry.target = complete.message.target();
    entry.request_id = complete.id;
    for (const auto& field : complete.message) {
        entry.headers.emplace_back(field.name_string(), field.value());
    }
    entry.body = complete.message.body();

    const std::lock_guard lock{mutex_};
    ++counters_.requests;
    request_ticket result;
    result.entry = ledger_.size();
    ledger_.push_back(std::move(entry));
    if (!faults_.empty()) {
        result.applied = std::move(faults_.front());
        faults_.pop_front();
    }
    return result;
}

response sandbox_state::perform(const request_ticket& which, const request& complete)
{
    const std::lock_guard lock{mutex_};
    handler_result result = service_.handle(complete);
    ledger_entry& entry = ledger_[which.entry];
    entry.applied = result.effect != nullptr;
    if (result.effect != nullptr) {
        ++(counters_.*result.effect);
    }
    if (result.ran_under) {
        entry.effective_defaults = to_defaults(*result.ran_under);
    }
    return std::move(result.made);
}

void sandbox_state::responded(const request_ticket& which, unsigned status)
{
    const std::lock_guard lock{mutex_};
    ledger_[which.entry].status = status;
}

void sandbox_state::add_faults(std::size_t count, const fault& next)
{
    const std::lock_guard lock{mutex_};
    faults_.insert(faults_.end(), count, next);
}

void sandbox_state::clear_faults()
{
    const std::lock_guard lock{mutex_};
    faults_.clear();
}

void sandbox_state::restart()
{
    const std::lock_guard lock{mutex_};
    faults_.clear();
    service_.restart();
}

bool sandbox_state::lose_session(const session_id& id)
{
    const std::lock_guard lock{mutex_};
    return service_.lose_session(id.to_string());
}

void sandbox_state::set_shutting_down(bool on)
{
    const std::lock_guard lock{mutex_};
    service_.set_shutting_down(on);
}

sandbox_counters sandbox_state::counters() const
{
    const std::lock_guard lock{mutex_};
    return counters_;
}

std::vector<ledger_entry> sandbox_state::ledger() const
{
    const std::lock_guard lock{mutex_};
    return ledger_;
}

std::vector<session> sandbox_state::sessions() const
{
    const std::lock_guard lock{mutex_};
    std::vector<session> result;
    for (const stored_session& stored : service_.sessions()) {
        session copy{session_id{stored.id}, stored.expires_at};
        copy.defaults = to_defaults(stored.defaults);
        copy.created_at = stored.created_at;
        copy.last_accessed_at = stored.last_accessed_at;
        result.push_back(std::move(copy));
    }
    return result;
}

} // namespace sipher::testing::detail
