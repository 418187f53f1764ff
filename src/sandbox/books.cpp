#include "sandbox/books.hpp"

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

void books::connection_opened()
{
    const std::lock_guard lock{mutex_};
    ++counters_.connections;
    ++counters_.open_connections;
}

void books::connection_closed()
{
    const std::lock_guard lock{mutex_};
    --counters_.open_connections;
}

void books::handshake_done(bool resumed)
{
    const std::lock_guard lock{mutex_};
    counters_.handshakes_resumed += resumed ? 1 : 0;
}

void books::handshake_failed()
{
    const std::lock_guard lock{mutex_};
    ++counters_.handshake_failures;
}

void books::received(std::size_t bytes)
{
    const std::lock_guard lock{mutex_};
    counters_.bytes_received += bytes;
}

ticket books::accept(const request& complete)
{
    ledger_entry entry;
    entry.method = complete.method;
    entry.target = complete.target;
    entry.request_id = complete.id;
    entry.headers = complete.headers;
    entry.body = complete.body;

    const std::lock_guard lock{mutex_};
    ++counters_.requests;
    ticket result;
    result.entry = ledger_.size();
    ledger_.push_back(std::move(entry));
    if (!faults_.empty()) {
        result.mishap = std::move(faults_.front());
        faults_.pop_front();
    }
    return result;
}

response books::perform(const ticket& which, const request& complete)
{
    const std::lock_guard lock{mutex_};
    handled result = service_.handle(complete);
    count(result.what);
    ledger_entry& entry = ledger_[which.entry];
    entry.applied = result.what != effect::none;
    if (result.ran_under) {
        entry.effective_defaults = to_defaults(*result.ran_under);
    }
    return std::move(result.answer);
}

void books::answered(const ticket& which, unsigned status)
{
    const std::lock_guard lock{mutex_};
    ledger_[which.entry].status = status;
}

void books::count(effect what)
{
    switch (what) {
    case effect::none: break;
    case effect::created: ++counters_.created; break;
    case effect::read: ++counters_.read; break;
    case effect::updated: ++counters_.updated; break;
    case effect::deleted: ++counters_.deleted; break;
    case effect::other: ++counters_.other; break;
    }
}

void books::add_faults(std::size_t count, const fault& next)
{
    const std::lock_guard lock{mutex_};
    faults_.insert(faults_.end(), count, next);
}

void books::clear_faults()
{
    const std::lock_guard lock{mutex_};
    faults_.clear();
}

void books::restart()
{
    const std::lock_guard lock{mutex_};
    faults_.clear();
    service_.restart();
}

bool books::lose_session(const session_id& id)
{
    const std::lock_guard lock{mutex_};
    return service_.lose_session(id.to_string());
}

void books::set_shutting_down(bool on)
{
    const std::lock_guard lock{mutex_};
    service_.set_shutting_down(on);
}

sandbox_counters books::counters() const
{
    const std::lock_guard lock{mutex_};
    return counters_;
}

std::vector<ledger_entry> books::ledger() const
{
    const std::lock_guard lock{mutex_};
    return ledger_;
}

std::vector<session> books::sessions() const
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
