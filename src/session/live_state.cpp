#include "session/live_state.hpp"

#include "model/defaults_list.hpp"

#include <utility>

namespace sipher::detail {

using namespace std::chrono_literals;

live_state::live_state(const known_sessions& known, session_defaults wanted, const live_session_options& options)
    : known_(known), usual_life_(options.time_to_live.count() != 0 ? options.time_to_live : 1h),
      schedule_(options.check_every)
{
    value_.defaults = std::move(wanted);
}

bool live_state::is_usable(time_point now) const
{
    return held_ && !invalid_because_ && !known_.is_gone(value_.id, now);
}

live_state::task live_state::next(time_point now, bool wanted)
{
    if (!is_usable(now)) {
        return (wanted || replace_soon_) && schedule_.may_begin(now) ? task::replace : task::none;
    }
    if (schedule_.is_renewal_due(now)) {
        return task::replace;
    }
    return schedule_.take_check(now) ? task::check : task::none;
}

live_state::time_point live_state::next_due(time_point now, bool wanted) const
{
    if (is_usable(now)) {
        return schedule_.next_due();
    }
    return wanted || replace_soon_ ? schedule_.not_before() : time_point::max();
}

void live_state::adopt(created_session known)
{
    held_ = std::move(known.held);
    stored_ = known.value.defaults;
    value_ = std::move(known.value);
}

void live_state::begin(time_point now, double random)
{
    if (!is_usable(now)) {
        schedule_.begin(now, random);
    }
}

replacement_event live_state::replace(created_session& made, session_defaults wanted, bool updates, time_point now,
                                      double along)
{
    replacement_event replaced = event(updates, now);
    replaced.new_id = made.value.id;
    schedule_.made(now, life_left(made.value.id, now), !held_, along);
    held_.swap(made.held);
    stored_ = std::exchange(made.value.defaults, std::move(wanted));
    value_ = made.value;
    invalid_because_.reset();
    failure_.reset();
    replace_soon_ = false;
    return replaced;
}

replacement_event live_state::fail(const error& why, bool updates, time_point now, double random)
{
    schedule_.failed(now, life_left(value_.id, now), why.retry_after().value_or(0ms), random);
    failure_ = why;
    replace_soon_ = false;
    replacement_event replaced = event(updates, now);
    replaced.failure = why;
    return replaced;
}

bool live_state::check(const std::optional<session>& response, time_point now)
{
    if (response && response->defaults == stored_) {
        schedule_.checked(now, life_left(value_.id, now));
        value_.expires_at = response->expires_at;
        value_.last_accessed_at = response->last_accessed_at;
        return true;
    }
    invalidate(response ? replacement_reason::changed : replacement_reason::lost);
    return false;
}

bool live_state::update(const session_defaults& changes, const session_defaults& stored)
{
    if (stored != merge_defaults(stored_, changes)) {
        return false;
    }
    stored_ = stored;
    value_.defaults = merge_defaults(std::move(value_.defaults), changes);
    return true;
}

void live_state::invalidate(replacement_reason why)
{
    invalid_because_ = why;
    replace_soon_ = true;
}

replacement_event live_state::event(bool updates, time_point now) const
{
    replacement_event made;
    made.old_id = value_.id;
    const auto end = known_.end_of(value_.id);
    if (updates || invalid_because_ == replacement_reason::changed) {
        made.reason = replacement_reason::changed;
    } else if (!is_usable(now) && !(end && *end <= now)) {
        // The service does not know an expired session either, so only before its expiry does this mean that it was
        // lost.
        made.reason = replacement_reason::lost;
    }
    return made;
}

live_state::duration live_state::life_left(const session_id& id, time_point now) const
{
    const auto end = known_.end_of(id);
    return end ? *end - now : usual_life_;
}

} // namespace sipher::detail
