#include "client/live_core.hpp"

#include "call/deadline.hpp"
#include "client/merge_defaults.hpp"
#include "client/operations.hpp"
#include "values/error_report.hpp"
#include "values/validation.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;

namespace {

[[noreturn]] void throw_not_sent(boost::system::error_code code, std::string message, end_reason why)
{
    error_report report;
    report.code = code;
    report.operation = "live_session";
    report.message = std::move(message);
    report.ended_because = why;
    throw make_error(std::move(report));
}

[[noreturn]] void throw_no_session(const error& failure)
{
    error_report report;
    report.code = failure.code();
    report.operation = "live_session";
    report.message = "no session to run under: " + failure.message();
    report.ended_because = failure.ended_because();
    report.retry_after = failure.retry_after();
    report.cause = failure.cause();
    throw_error(make_error(std::move(report)));
}

} // namespace

live_core::live_core(std::shared_ptr<client_handle> owner, session_defaults defaults, live_session_options options)
    : owner_(std::move(owner)), options_(std::move(options)), wanted_(std::move(defaults))
{
}

live_core::~live_core()
{
    services().timers->disarm(*this);
}

asio::awaitable<void> live_core::start(pointer self)
{
    co_await acquire(std::move(self), clock::time_point::max());
}

asio::awaitable<void> live_core::resolve(pointer self, applied_session& under, clock::time_point deadline)
{
    usable found = co_await acquire(self, deadline);
    applied_session::state resolved{*under.state_};
    resolved.id = found.value.id;
    resolved.expires_at = found.value.expires_at;
    resolved.held = std::move(found.held);
    if (self->options_.pin_defaults && !resolved.never_pins) {
        resolved.pinned = std::move(found.value.defaults);
    }
    under = applied_session{std::move(resolved)};
}

asio::awaitable<live_core::usable> live_core::acquire(pointer self, clock::time_point deadline)
{
    for (;;) {
        std::shared_ptr<sleep_list> ended;
        std::optional<right> mine;
        session_defaults wanted;
        replacement_reason why = replacement_reason::lost;
        {
            const std::lock_guard lock{self->mutex_};
            self->throw_if_stopped();
            if (self->is_usable()) {
                co_return self->current();
            }
            if (!self->right_) {
                self->right_ = self->services().make_sleepers(self->owner_->executor());
                mine.emplace(self, self->right_);
                wanted = self->wanted_;
                why = self->reason();
            }
            ended = self->right_;
        }
        if (mine) {
            spawn_make(std::move(*mine), std::move(wanted), why);
        }
        co_await wait(self, std::move(ended), deadline);
        const std::lock_guard lock{self->mutex_};
        if (self->failure_ && !self->is_usable() && !self->right_) {
            if (!self->held_) {
                throw_error(*self->failure_);
            }
            throw_no_session(*self->failure_);
        }
    }
}

asio::awaitable<live_core::right> live_core::take_right(pointer self, clock::time_point deadline)
{
    for (;;) {
        std::shared_ptr<sleep_list> ended;
        {
            const std::lock_guard lock{self->mutex_};
            self->throw_if_stopped();
            if (!self->right_) {
                self->right_ = self->services().make_sleepers(self->owner_->executor());
                co_return right{self, self->right_};
            }
            ended = self->right_;
        }
        co_await wait(self, std::move(ended), deadline);
    }
}

asio::awaitable<void> live_core::wait(pointer self, std::shared_ptr<sleep_list> ended, clock::time_point deadline)
{
    const auto [failure] = co_await ended->async_sleep_until(deadline, asio::as_tuple(asio::use_awaitable));
    if (failure) {
        throw_not_sent(failure, "cancelled while a session was being made", end_reason::cancelled);
    }
    if (self->services().now() >= deadline) {
        throw_not_sent(errc::deadline_exceeded, "there was no session in time", end_reason::deadline);
    }
}

asio::awaitable<session> live_core::update(pointer self, session_defaults changes, call_options options)
{
    require(self);
    validate_defaults(changes);
    validate_call_options(options);
    const clock::time_point deadline =
        deadline_after(self->services().now(), options.total_timeout.value_or(self->services().options.timeouts.total));
    const usable found = co_await acquire(self, deadline);
    right mine = co_await take_right(self, deadline);
    const session_defaults before = self->defaults();
    session_defaults wanted = merge_defaults(before, changes);
    // Requests under way could not be kept from a member that is new, so they keep their session.
    if (adds_member(before, changes) || !self->options_.pin_defaults || found.value.id != self->id()) {
        co_return co_await replace_for(std::move(mine), std::move(wanted), deadline);
    }
    std::optional<session> answer;
    try {
        answer = co_await update_session(self->owner_->services(), found.value.id, changes, std::move(options));
    } catch (const error& failure) {
        if (failure.code() != condition::not_found) {
            if (failure.outcome() >= outcome::unknown) {
                self->doubt(replacement_reason::changed);
            }
            throw;
        }
    }
    if (answer && answer->defaults != wanted) {
        // It was applied, and somebody else has changed the session as well.
        self->doubt(replacement_reason::changed);
        co_return co_await replace_updated(std::move(mine), std::move(wanted), deadline);
    }
    if (!answer) {
        co_return co_await replace_for(std::move(mine), std::move(wanted), deadline);
    }
    const std::lock_guard lock{self->mutex_};
    self->wanted_ = std::move(wanted);
    co_return self->current().value;
}

asio::awaitable<session> live_core::replace_for(right mine, session_defaults wanted, clock::time_point deadline)
{
    const pointer self = mine.core();
    const std::shared_ptr<sleep_list> ended = mine.ended();
    const std::shared_ptr<order> placed = spawn_make(std::move(mine), std::move(wanted), replacement_reason::changed);
    std::exception_ptr gave_up;
    try {
        co_await wait(self, ended, deadline);
    } catch (const boost::system::system_error&) {
        gave_up = std::current_exception();
    }
    const std::lock_guard lock{self->mutex_};
    if (placed->made) {
        co_return *placed->made;
    }
    if (placed->failure) {
        throw_error(*placed->failure);
    }
    placed->given_up = true;
    std::rethrow_exception(gave_up);
}

asio::awaitable<session> live_core::replace_updated(right mine, session_defaults wanted, clock::time_point deadline)
{
    try {
        co_return co_await replace_for(std::move(mine), std::move(wanted), deadline);
    } catch (const error& failure) {
        error_report report = report_of(failure);
        report.message = "the update was applied, but not the session that was to replace it: " + failure.message();
        report.outcome = outcome::unknown;
        throw_error(make_error(std::move(report)));
    }
}

asio::awaitable<session> live_core::verify(pointer self, call_options options)
{
    require(self);
    validate_call_options(options);
    const clock::time_point deadline =
        deadline_after(self->services().now(), options.total_timeout.value_or(self->services().options.timeouts.total));
    const usable found = co_await acquire(self, deadline);
    {
        const right mine = co_await take_right(self, deadline);
        std::optional<session> answer;
        try {
            answer = co_await get_session(self->owner_->services(), found.value.id, std::move(options));
        } catch (const error& failure) {
            if (failure.code() != condition::not_found) {
                throw;
            }
        }
        if (found.value.id == self->id()) {
            if (answer && answer->defaults == self->defaults()) {
                co_return std::move(*answer);
            }
            self->doubt(answer ? replacement_reason::changed : replacement_reason::lost);
        }
    }
    usable made = co_await acquire(self, deadline);
    co_return std::move(made.value);
}

asio::awaitable<void> live_core::check(pointer self)
{
    try {
        co_await verify(self, self->own_options());
    } catch (const boost::system::system_error&) { // NOLINT(bugprone-empty-catch)
        // A check that fails says nothing about the session; the next one may.
    }
}

std::shared_ptr<live_core::order> live_core::spawn_make(right mine, session_defaults wanted, replacement_reason why)
{
    const asio::any_io_executor executor = mine.core()->owner_->executor();
    const auto placed = std::make_shared<order>();
    placed->wanted = std::move(wanted);
    placed->why = why;
    asio::co_spawn(executor, make(std::move(mine), placed), asio::detached);
    return placed;
}

asio::awaitable<void> live_core::make(right mine, std::shared_ptr<order> what)
{
    live_core& core = *mine.core();
    std::optional<session> made;
    std::optional<error> failure;
    try {
        made = co_await renew_session(core.owner_->services(), what->wanted, core.options_.time_to_live,
                                      core.own_options());
    } catch (const error& why_not) {
        failure = why_not;
    } catch (const boost::system::system_error& why_not) {
        failure = error{why_not.code(), why_not.what()};
    } catch (const std::exception& why_not) {
        failure = error{errc::invalid_request, std::string{"a function of the options has thrown: "} + why_not.what()};
    } catch (...) {
        failure = error{errc::invalid_request, "a function of the options has thrown"};
    }
    if (made) {
        core.took(*made, *what);
    } else {
        core.failed(*failure, *what);
    }
}

asio::awaitable<void> live_core::close(pointer self)
{
    require(self);
    std::shared_ptr<owned_session> last;
    {
        const std::lock_guard lock{self->mutex_};
        last = self->held_;
    }
    self->stop();
    if (last && last.use_count() == 1 && last->is_alive()) {
        co_await last->remove();
    }
}

} // namespace sipher::detail
