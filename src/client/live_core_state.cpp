#include "client/live_core.hpp"

#include "runtime/notify.hpp"
#include "values/error_report.hpp"
#include "values/validation.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace sipher::detail {

using namespace std::chrono_literals;

namespace {

/// Not more than a session can have, whatever a service says, so that it can be counted in nanoseconds.
std::chrono::nanoseconds life_left(timestamp expires_at, clock::wall_time now)
{
    return std::clamp<std::chrono::milliseconds>(expires_at - now, 0s, 24h);
}

error closed_error()
{
    error_report report;
    report.code = errc::session_gone;
    report.operation = "live_session";
    report.message = "the live session was closed";
    return make_error(std::move(report));
}

} // namespace

void live_core::require(const pointer& self)
{
    if (!self) {
        throw_invalid("live_session", "must not be empty or moved from");
    }
}

session_defaults live_core::defaults() const
{
    const std::lock_guard lock{mutex_};
    return wanted_;
}

session_id live_core::id() const
{
    const std::lock_guard lock{mutex_};
    return value_.id;
}

call_options live_core::own_options() const
{
    call_options options;
    options.total_timeout = options_.timeout;
    return options;
}

bool live_core::is_usable() const
{
    return held_ && !doubt_ && held_->is_alive();
}

live_core::usable live_core::current() const
{
    usable found{held_, value_};
    found.value.defaults = wanted_;
    return found;
}

replacement_reason live_core::reason() const
{
    if (doubt_ == replacement_reason::changed) {
        return replacement_reason::changed;
    }
    // The service does not know an expired one either.
    const bool expired = held_ && held_->expires_at <= services().service_now();
    return expired ? replacement_reason::expiring : replacement_reason::lost;
}

void live_core::throw_if_stopped() const
{
    if (stopped_) {
        throw closed_error();
    }
    if (services().closing) {
        error_report report;
        report.code = errc::client_closed;
        report.operation = "live_session";
        throw make_error(std::move(report));
    }
}

/// There is a new session.
void live_core::took(const session& made, order& what)
{
    const auto owned = std::make_shared<owned_session>(owner_, made, options_.timeout);
    const clock::time_point now = services().now();
    const std::chrono::nanoseconds life = life_left(made.expires_at, services().service_now());
    std::shared_ptr<owned_session> old;
    replacement_event event;
    {
        const std::lock_guard lock{mutex_};
        if (stopped_ || what.given_up) {
            owned->retire();
            what.failure = stopped_ ? std::optional{closed_error()} : std::nullopt;
            return;
        }
        // Those that were begun together spread over a wide part of their lives; that keeps them apart later, too.
        const double along = services().renewals.next();
        const double part = held_ ? 0.8 + 0.1 * along : 0.3 + 0.6 * along;
        renew_at_ = now + std::chrono::duration_cast<std::chrono::nanoseconds>(life * part);
        check_at_ = options_.check_every.count() != 0 ? now + options_.check_every : clock::time_point::max();
        old = std::exchange(held_, owned);
        value_ = made;
        wanted_ = what.wanted;
        doubt_.reset();
        failure_.reset();
        what.made = current().value;
        if (!held_->is_alive()) {
            // Another one would be no better.
            failure_ = error{errc::session_gone, "the service has made a session that is over already"};
        }
    }
    if (old) {
        old->retire();
        event.reason = what.why;
        event.old_id = old->id;
        event.new_id = made.id;
        tell(event);
    }
}

/// There is no new session.
void live_core::failed(const error& why_not, order& what)
{
    replacement_event event;
    {
        const std::lock_guard lock{mutex_};
        failure_ = what.failure = why_not;
        // While the old one is of use there is time to try again; afterwards whoever needs one tries.
        renew_at_ = clock::time_point::max();
        if (is_usable()) {
            const std::chrono::nanoseconds left = life_left(held_->expires_at, services().service_now());
            const std::chrono::nanoseconds pause = std::clamp<std::chrono::nanoseconds>(left / 4, 1s, 60s);
            const auto drawn =
                std::chrono::duration_cast<std::chrono::nanoseconds>(pause * (0.5 + 0.5 * services().chance->unit()));
            renew_at_ =
                services().now() + std::max<std::chrono::nanoseconds>(drawn, why_not.retry_after().value_or(0s));
        }
        if (!held_) {
            return;
        }
        event.old_id = held_->id;
    }
    event.reason = what.why;
    event.failure = why_not;
    tell(event);
}

void live_core::doubt(replacement_reason why)
{
    const std::lock_guard lock{mutex_};
    doubt_ = why;
    renew_at_ = services().now();
}

void live_core::end_right(const std::shared_ptr<sleep_list>& ended) noexcept
{
    {
        const std::lock_guard lock{mutex_};
        right_.reset();
    }
    ended->release({});
    arm();
}

void live_core::arm() noexcept
{
    try {
        const std::lock_guard lock{mutex_};
        if (!stopped_ && !right_) {
            services().timers->arm(*this, std::min(renew_at_, check_at_));
        }
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
        // It is replaced when somebody needs it.
    }
}

void live_core::on_timer()
{
    std::optional<right> mine;
    session_defaults wanted;
    replacement_reason why = replacement_reason::expiring;
    {
        const std::lock_guard lock{mutex_};
        const clock::time_point now = services().now();
        if (stopped_ || right_ || services().closing) {
            return;
        }
        if (now >= renew_at_) {
            renew_at_ = clock::time_point::max();
            right_ = services().make_sleepers(owner_->executor());
            mine.emplace(self(), right_);
            wanted = wanted_;
            why = doubt_ ? reason() : replacement_reason::expiring;
        } else if (now >= check_at_) {
            check_at_ = now + options_.check_every;
        } else {
            return;
        }
    }
    if (mine) {
        spawn_make(std::move(*mine), std::move(wanted), why);
    } else {
        boost::asio::co_spawn(owner_->executor(), check(self()), boost::asio::detached);
    }
}

void live_core::stop() noexcept
{
    std::shared_ptr<owned_session> last;
    {
        const std::lock_guard lock{mutex_};
        stopped_ = true;
        last = std::move(held_);
        services().timers->disarm(*this);
    }
    if (last) {
        last->retire();
    }
}

void live_core::tell(const replacement_event& event) const noexcept
{
    if (!options_.on_replacement) {
        return;
    }
    try {
        options_.on_replacement(event);
    } catch (...) { // NOLINT(bugprone-empty-catch)
    }
}

} // namespace sipher::detail
