#include "session/live_actor.hpp"

#include "client/operations.hpp"
#include "errors/error_report.hpp"
#include "model/defaults_list.hpp"

#include <exception>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;

asio::awaitable<void> live_actor::run(shared_live_session::pointer live)
{
    live_actor self{*live};
    for (order next = live->take(); next; next = live->take()) {
        std::exception_ptr failure;
        try {
            co_await self.perform(next);
        } catch (...) {
            failure = std::current_exception();
        }
        const std::lock_guard lock{live->mutex_};
        // An order that became a wait for a session is not done yet.
        if (next->what != live_task::use) {
            live->end(*next, failure);
        }
    }
}

asio::awaitable<void> live_actor::perform(order taken)
{
    switch (taken->what) {
    case live_task::verify: return verify(std::move(taken));
    case live_task::update: return update(std::move(taken));
    case live_task::use:
    case live_task::replace: break;
    }
    return replace(live_.current().defaults, std::move(taken));
}

asio::awaitable<void> live_actor::verify(order taken)
{
    std::optional<session> response;
    if (begin_request(*taken, true)) {
        try {
            response = co_await get_session(client_, taken->given.value.id, std::move(taken->options));
        } catch (const error& failure) {
            if (!says_session_gone(failure)) {
                throw;
            }
        }
    }
    const std::lock_guard lock{live_.mutex_};
    if (!taken->sent || !live_.state_.check(response, client_->boot_now())) {
        // It remains to wait for a usable session.
        if (!taken->is_own) {
            live_.orders_.push_back(taken);
        }
        taken->what = live_task::use;
        taken->effect = taken->sent ? outcome::not_applied : outcome::not_sent;
        taken->begun = taken->sent = false;
        live_.notify_waiting();
    }
}

asio::awaitable<void> live_actor::update(order taken)
{
    const session_defaults before = live_.current().defaults;
    session_defaults wanted = merge_defaults(before, taken->changes);
    bool applied = false;
    // A new default would affect requests in progress, so these keep the old session and a new one is created.
    if (begin_request(*taken, live_.options_.pin_defaults && !adds_member(before, taken->changes))) {
        try {
            const session response =
                co_await update_session(client_, taken->given.value.id, taken->changes, std::move(taken->options));
            applied = true;
            if (end_update(*taken, &response, outcome::unknown)) {
                co_return;
            }
        } catch (const error& failure) {
            const bool is_lost = says_session_gone(failure);
            static_cast<void>(end_update(*taken, nullptr, is_lost ? outcome::not_applied : failure.outcome()));
            if (!is_lost) {
                throw;
            }
        }
    }
    try {
        co_await replace(std::move(wanted), std::move(taken));
    } catch (const error& failure) {
        if (!applied) {
            throw;
        }
        throw_error(reworded(
            failure, "the update was applied, but the replacement session could not be created: ", outcome::unknown));
    }
}

/// Whether the order may send a request about the session; true only if the session is usable.
bool live_actor::begin_request(live_order& taken, bool may) const
{
    const std::lock_guard lock{live_.mutex_};
    taken.given = live_.state_.current();
    taken.sent = may && !taken.is_abandoned() && live_.state_.is_usable(client_->boot_now());
    taken.effect = taken.sent ? outcome::unknown : outcome::not_sent;
    return taken.sent;
}

/// False: the session has to be replaced.
bool live_actor::end_update(live_order& taken, const session* response, outcome effect) const
{
    const std::lock_guard lock{live_.mutex_};
    taken.sent = false;
    taken.effect = effect;
    live_.notify_waiting();
    const bool is_wanted = !taken.interest.expired();
    if (response != nullptr && is_wanted && live_.state_.update(taken.changes, response->defaults)) {
        return true;
    }
    if (response != nullptr || effect >= outcome::unknown) {
        // The update may have been applied although no longer wanted, or another client has changed the session, too.
        live_.state_.invalidate(replacement_reason::changed);
    }
    return !is_wanted;
}

asio::awaitable<void> live_actor::replace(session_defaults wanted, order taken)
{
    {
        const std::lock_guard lock{live_.mutex_};
        if (taken->is_abandoned()) {
            throw error{asio::error::operation_aborted, "nobody waits for it"};
        }
        if (taken->what == live_task::replace) {
            taken->effect = outcome::unknown;
        }
        live_.state_.begin(client_->boot_now(), client_->random->unit());
    }
    created_session made;
    try {
        made = co_await owned_sessions::create(live_.owner_, made_for::library, wanted, live_.options_.time_to_live,
                                               live_.options_.timeout, live_.own_options());
        if (client_->sessions.is_gone(made.value.id, client_->boot_now())) {
            // Another create would give the same.
            throw error{errc::session_gone, "the service returned a session that has already expired"};
        }
    } catch (const error& failure) {
        fail(failure, *taken);
        throw;
    }
    publish(std::move(made), std::move(wanted), *taken);
}

void live_actor::publish(created_session made, session_defaults wanted, live_order& by) const
{
    const bool updates = by.what == live_task::update;
    replacement_event event;
    {
        const std::lock_guard lock{live_.mutex_};
        live_.throw_if_stopped(by.effect);
        if (updates && by.interest.expired()) {
            return;
        }
        by.effect = outcome::unknown;
        event =
            live_.state_.replace(made, std::move(wanted), updates, client_->boot_now(), client_->renewal_phase.next());
    }
    if (made.held) {
        notify(event);
    }
}

void live_actor::fail(const error& why, const live_order& by) const
{
    replacement_event event;
    {
        const std::lock_guard lock{live_.mutex_};
        event = live_.state_.fail(why, by.what == live_task::update, client_->boot_now(), client_->random->unit());
        live_.end_uses(why, clock::time_point::max());
        if (live_.stopped_ || !live_.state_.has_any()) {
            return;
        }
    }
    notify(event);
}

void live_actor::notify(const replacement_event& event) const noexcept
{
    try {
        if (live_.options_.on_replacement) {
            live_.options_.on_replacement(event);
        }
    } catch (...) { // NOLINT(bugprone-empty-catch)
    }
}

} // namespace sipher::detail
