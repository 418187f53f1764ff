#include <sipher/call_options.hpp>

#include <utility>

namespace sipher {

applied_session::applied_session(state value) : state_(std::make_shared<const state>(std::move(value))) {}

applied_session::applied_session(session value)
    : applied_session(state{value.id, value.expires_at, std::move(value.defaults), false, {}, {}})
{
}

applied_session::applied_session(session_id id) : applied_session(state{id, {}, {}, false, {}, {}}) {}

applied_session applied_session::unpinned() const
{
    return applied_session{state{state_->id, state_->expires_at, {}, true, state_->live, state_->held}};
}

} // namespace sipher
