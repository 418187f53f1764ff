#include "client/live_actor.hpp"

#include "call/call_request.hpp"
#include "client/in_background.hpp"
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
#include <new>

namespace sipher::detail {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

error make_live_error(boost::system::error_code code, std::string message, end_reason why = end_reason::permanent,
                      outcome effect = outcome::not_sent)
{
    error_report report;
    report.code = code;
    report.operation = "live_session";
    report.message = std::move(message);
    report.outcome = effect;
    report.ended_because = why;
    return make_error(std::move(report));
}

error with_words(const error& failure, const std::string& words, outcome effect)
{
    error_report report = report_of(failure);
    report.message = words + failure.message();
    report.outcome = effect;
    return make_error(std::move(report));
}

/// Of a create that failed, to one who needs its session; another is made no sooner than in `wait`.
error without_session(const error& failure, std::chrono::nanoseconds wait)
{
    error_report report;
    report.code = failure.code();
    report.operation = "live_session";
    report.message = "no session to run under: " + failure.message();
    report.ended_because = failure.ended_because();
    report.retry_after = failure.retry_after();
    if (wait.count() > 0) {
        report.retry_after = std::chrono::ceil<std::chrono::milliseconds>(wait);
    }
    report.cause = failure.cause();
    return make_error(std::move(report));
}

error as_error(const std::exception_ptr& thrown)
{
    try {
        std::rethrow_exception(thrown);
    } catch (const error& failure) {
        return failure;
    } catch (const boost::system::system_error& failure) {
        return error{failure.code(), failure.what()};
    } catch (...) {
        return error{make_error_code(std::errc::not_enough_memory), describe_exception(thrown)};
    }
}

} // namespace

live_actor::live_actor(std::shared_ptr<client_handle> owner, session_defaults defaults, live_session_options options)
    : owner_(std::move(owner)), options_(std::move(options)), schedule_(options_.check_every)
{
    value_.defaults = std::move(defaults);
}

live_actor::~live_actor()
{
    services().timers->disarm(*this);
}

live_actor& live_actor::require(const pointer& self)
{
    if (!self) {
        throw_invalid("live_session", "must not be empty or moved from");
    }
    return *self;
}

asio::awaitable<void> live_actor::start(pointer self)
{
    co_await acquire(std::move(self), clock::time_point::max());
}

asio::awaitable<void> live_actor::adopt(pointer self, session known)
{
    auto held = owned_sessions::own(self->owner_, known.id, self->options_.timeout);
    {
        const std::lock_guard lock{self->mutex_};
        self->held_ = std::move(held);
        self->stored_ = known.defaults;
        self->value_ = std::move(known);
    }
    try {
        co_await verify(self, self->own_options());
    } catch (...) {
        // It is not this client's yet.
        self->release();
        throw;
    }
}

asio::awaitable<void> live_actor::resolve(pointer self, applied_session& under, clock::time_point deadline)
{
    created_session found = co_await acquire(self, deadline);
    applied_session::state resolved{*under.state_};
    resolved.id = found.value.id;
    resolved.expires_at = found.value.expires_at;
    resolved.held = std::move(found.held);
    if (self->options_.pin_defaults && !resolved.never_pins) {
        resolved.pinned = std::move(found.value.defaults);
    }
    under = applied_session{std::move(resolved)};
}

asio::awaitable<session> live_actor::update(pointer self, session_defaults changes, call_options options)
{
    require(self);
    validate_defaults(changes);
    const auto placed = std::make_shared<command>(task::update);
    placed->changes = std::move(changes);
    co_await place(self, placed, std::move(options));
    co_return self->current();
}

asio::awaitable<session> live_actor::verify(pointer self, call_options options)
{
    require(self);
    validate_call_options(options);
    const clock::time_point deadline = deadline_of(options, self->services().options.timeouts, self->services().now());
    const auto placed = std::make_shared<command>(task::verify);
    co_await place(self, placed, std::move(options));
    if (placed->result) {
        co_return *std::move(placed->result);
    }
    created_session made = co_await acquire(self, deadline);
    co_return std::move(made.value);
}

asio::awaitable<void> live_actor::close(pointer self)
{
    require(self);
    std::shared_ptr<owned_session> last;
    {
        const std::lock_guard lock{self->mutex_};
        last = self->held_;
    }
    self->stop();
    if (last && last.use_count() == 1) {
        co_await last->remove();
    }
}

asio::awaitable<created_session> live_actor::acquire(pointer self, clock::time_point deadline)
{
    std::size_t failures_before = 0;
    {
        const std::lock_guard lock{self->mutex_};
        failures_before = self->failures_;
    }
    progress waiting;
    waiting.until = deadline;
    for (;;) {
        if (auto found = self->use_current(failures_before, waiting)) {
            co_return *std::move(found);
        }
        const bool goes_on = co_await wait(self, waiting);
        if (!goes_on) {
            throw make_live_error(asio::error::operation_aborted, "cancelled while a session was being made",
                                  end_reason::cancelled);
        }
    }
}

std::optional<created_session> live_actor::use_current(std::size_t failures_before, progress& waiting)
{
    std::optional<created_session> found;
    {
        const std::lock_guard lock{mutex_};
        throw_if_stopped();
        const clock::time_point now = services().boot_now();
        if (is_usable()) {
            found.emplace(held_, value_);
        } else if (failure_ && (failures_ != failures_before || !schedule_.may_begin(now))) {
            throw_error(held_ ? without_session(*failure_, schedule_.not_before() - now) : *failure_);
        } else if (services().now() >= waiting.until) {
            throw make_live_error(errc::deadline_exceeded, "there was no session in time", end_reason::deadline);
        } else {
            needed_ = true;
            waiting = next_change(waiting.until);
        }
        // An alarm is late after the machine was suspended.
        if (found && !schedule_.is_renewal_due(now)) {
            return found;
        }
    }
    start_running();
    return found;
}

asio::awaitable<void> live_actor::place(pointer self, order placed, call_options options)
{
    response_info* const info = std::exchange(options.info, nullptr);
    if (info != nullptr) {
        *info = {};
        options.info = &placed->info;
    }
    validate_call_options(options);
    const clock::time_point deadline = deadline_of(options, self->services().options.timeouts, self->services().now());
    options.total_timeout = 0ms;
    options.deadline = deadline;
    placed->options = std::move(options);
    const auto interest = std::make_shared<const char>('\0');
    placed->interest = interest;
    {
        const std::lock_guard lock{self->mutex_};
        self->throw_if_stopped();
        self->orders_.push_back(placed);
    }
    self->start_running();
    progress waiting;
    while (!self->is_done(*placed, deadline, waiting)) {
        const bool goes_on = co_await wait(self, waiting);
        if (!goes_on) {
            throw make_live_error(asio::error::operation_aborted, "cancelled", end_reason::cancelled,
                                  placed->sent ? outcome::unknown : outcome::not_sent);
        }
    }
    if (info != nullptr) {
        *info = placed->info;
    }
    if (placed->failure) {
        std::rethrow_exception(placed->failure);
    }
}

bool live_actor::is_done(const command& placed, clock::time_point deadline, progress& waiting)
{
    const std::lock_guard lock{mutex_};
    if (placed.done) {
        return true;
    }
    if (!placed.begun) {
        throw_if_stopped();
    }
    if (!placed.sent && services().now() >= deadline) {
        throw make_live_error(errc::deadline_exceeded, "the session was not free, or not made, in time",
                              end_reason::deadline);
    }
    waiting = next_change(placed.sent ? clock::time_point::max() : deadline);
    return false;
}

asio::awaitable<bool> live_actor::wait(pointer self, progress waiting)
{
    const auto [code] = co_await waiting.changed->async_sleep_until(waiting.until, asio::as_tuple(asio::use_awaitable));
    if (code == errc::client_closed) {
        // What is under way may still be waited for.
        const std::lock_guard lock{self->mutex_};
        if (self->changed_ == waiting.changed) {
            self->changed_.reset();
        }
    }
    co_return code != asio::error::operation_aborted;
}

live_actor::progress live_actor::next_change(clock::time_point until)
{
    if (!changed_) {
        changed_ = services().make_sleepers(caller::user);
    }
    return {changed_, until};
}

void live_actor::release_waiting() noexcept
{
    if (const auto waiting = std::exchange(changed_, nullptr)) {
        waiting->release({});
    }
}

asio::awaitable<void> live_actor::run(pointer self)
{
    for (order next = self->take(); next; next = self->take()) {
        std::exception_ptr failure;
        try {
            co_await perform(self, next);
        } catch (...) {
            failure = std::current_exception();
        }
        self->finish(next, failure);
    }
}

void live_actor::start_running() noexcept
{
    {
        const std::lock_guard lock{mutex_};
        if (std::exchange(running_, true)) {
            return;
        }
    }
    const auto end = [self = self()](const std::exception_ptr& no_memory) {
        const std::lock_guard lock{self->mutex_};
        self->running_ = self->running_ && !no_memory;
    };
    try {
        asio::co_spawn(owner_->executor(), run(self()), end);
    } catch (...) {
        end(std::current_exception());
    }
}

live_actor::order live_actor::take()
{
    const std::lock_guard lock{mutex_};
    if (stopped_ || services().closing) {
        orders_.clear();
        running_ = false;
        release_waiting();
        return nullptr;
    }
    while (!orders_.empty()) {
        const order next = std::move(orders_.front());
        orders_.pop_front();
        if (!next->interest.expired()) {
            next->begun = true;
            return next;
        }
    }
    const clock::time_point now = services().boot_now();
    const bool usable = is_usable();
    needed_ = needed_ && !usable;
    if (needed_ ? schedule_.may_begin(now) : usable && schedule_.is_renewal_due(now)) {
        return std::make_shared<command>(task::renew);
    }
    if (usable && schedule_.take_check(now)) {
        auto check = std::make_shared<command>(task::verify);
        check->options = own_options();
        return check;
    }
    running_ = false;
    rest();
    return nullptr;
}

void live_actor::rest() noexcept
{
    const clock::time_point due = is_usable() ? schedule_.next_due()
                                  : needed_   ? schedule_.not_before()
                                              : clock::time_point::max();
    const clock::time_point now = services().now();
    try {
        services().timers->arm(*this, due == clock::time_point::max() ? due : now + (due - services().boot_now()));
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
        // It is replaced when somebody needs it.
    }
}

void live_actor::on_timer()
{
    start_running();
}

void live_actor::finish(const order& done, const std::exception_ptr& failure) noexcept
{
    const std::lock_guard lock{mutex_};
    done->failure = failure;
    done->done = true;
    release_waiting();
}

asio::awaitable<void> live_actor::perform(pointer self, order taken)
{
    switch (taken->what) {
    case task::verify: return perform_verify(std::move(self), std::move(taken));
    case task::update: return perform_update(std::move(self), std::move(taken));
    case task::renew: break;
    }
    session_defaults wanted = self->current().defaults;
    return replace(std::move(self), std::move(wanted), std::move(taken));
}

asio::awaitable<void> live_actor::perform_verify(pointer self, order taken)
{
    session_id asked;
    {
        const std::lock_guard lock{self->mutex_};
        if (!self->is_usable()) {
            co_return;
        }
        asked = self->value_.id;
        taken->sent = true;
    }
    std::optional<session> answer;
    try {
        answer = co_await get_session(self->owner_->services(), asked, std::move(taken->options));
    } catch (const error& failure) {
        if (failure.code() != condition::not_found) {
            throw;
        }
    }
    const std::lock_guard lock{self->mutex_};
    taken->sent = false;
    if (answer && answer->defaults == self->stored_) {
        self->schedule_.checked(self->services().boot_now(), self->life_left(asked));
        taken->result = std::move(answer);
    } else {
        self->doubt(answer ? replacement_reason::changed : replacement_reason::lost);
    }
}

asio::awaitable<void> live_actor::perform_update(pointer self, order taken)
{
    session_defaults wanted;
    session_id changed;
    {
        const std::lock_guard lock{self->mutex_};
        wanted = merge_defaults(self->value_.defaults, taken->changes);
        changed = self->value_.id;
        // Requests under way could not be kept from a member that is new, so they keep their session.
        taken->sent =
            self->is_usable() && self->options_.pin_defaults && !adds_member(self->value_.defaults, taken->changes);
    }
    bool applied = false;
    if (taken->sent) {
        std::optional<session> answer;
        std::exception_ptr failure;
        try {
            answer =
                co_await update_session(self->owner_->services(), changed, taken->changes, std::move(taken->options));
        } catch (...) {
            failure = std::current_exception();
        }
        if (self->end_update(taken, wanted, answer, failure)) {
            co_return;
        }
        applied = answer.has_value();
    }
    try {
        co_await replace(self, std::move(wanted), std::move(taken));
    } catch (const error& failure) {
        if (!applied) {
            throw;
        }
        throw_error(with_words(
            failure, "the update was applied, but not the session that was to replace it: ", outcome::unknown));
    }
}

/// False: another session has to take the place of the one that was to be updated.
bool live_actor::end_update(const order& taken, const session_defaults& wanted, const std::optional<session>& answer,
                            const std::exception_ptr& failure)
{
    const std::lock_guard lock{mutex_};
    taken->sent = false;
    if (failure) {
        const error problem = as_error(failure);
        if (problem.code() == condition::not_found) {
            return false;
        }
        if (problem.outcome() >= outcome::unknown) {
            doubt(replacement_reason::changed);
        }
        std::rethrow_exception(failure);
    }
    const bool as_expected = answer->defaults == merge_defaults(stored_, taken->changes);
    if (as_expected && !taken->interest.expired()) {
        stored_ = answer->defaults;
        value_.defaults = wanted;
        return true;
    }
    // It was applied, and nobody wants it any more, or somebody else has changed the session as well.
    doubt(replacement_reason::changed);
    return taken->interest.expired();
}

asio::awaitable<void> live_actor::replace(pointer self, session_defaults wanted, order taken)
{
    call_services& services = self->services();
    {
        const std::lock_guard lock{self->mutex_};
        self->schedule_.begin(services.boot_now(), services.chance->unit());
    }
    created_session made;
    std::exception_ptr failure;
    try {
        made = co_await owned_sessions::create(self->owner_, wanted, self->options_.time_to_live,
                                               self->options_.timeout, self->own_options());
        if (services.sessions.is_gone(made.value.id, services.boot_now())) {
            // Another one would be no better.
            throw make_live_error(errc::session_gone, "the service has made a session that is over already");
        }
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        self->note_failure(as_error(failure), *taken);
        std::rethrow_exception(failure);
    }
    self->publish(made, std::move(wanted), *taken);
}

void live_actor::publish(created_session& made, session_defaults wanted, const command& by)
{
    replacement_event event;
    std::shared_ptr<owned_session> old;
    {
        const std::lock_guard lock{mutex_};
        throw_if_stopped();
        if (by.what == task::update && by.interest.expired()) {
            return;
        }
        event.reason = reason(by);
        event.old_id = value_.id;
        event.new_id = made.value.id;
        schedule_.made(services().boot_now(), life_left(made.value.id), !held_, services().renewals.next());
        old = std::exchange(held_, std::move(made.held));
        stored_ = std::exchange(made.value.defaults, std::move(wanted));
        value_ = std::move(made.value);
        doubt_.reset();
        failure_.reset();
        needed_ = false;
    }
    if (old) {
        notify(event);
    }
}

void live_actor::note_failure(const error& why, const command& by)
{
    replacement_event event;
    event.failure = why;
    {
        const std::lock_guard lock{mutex_};
        event.reason = reason(by);
        event.old_id = value_.id;
        schedule_.hold_back(services().boot_now() + why.retry_after().value_or(0ms));
        failure_ = why;
        ++failures_;
        needed_ = false;
        if (!held_) {
            return;
        }
    }
    notify(event);
}

void live_actor::notify(const replacement_event& event) const noexcept
{
    if (!options_.on_replacement) {
        return;
    }
    try {
        options_.on_replacement(event);
    } catch (...) { // NOLINT(bugprone-empty-catch)
    }
}

void live_actor::stop() noexcept
{
    std::shared_ptr<owned_session> last;
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    last.swap(held_);
    services().timers->disarm(*this);
    release_waiting();
}

session live_actor::release()
{
    const std::lock_guard lock{mutex_};
    if (!held_) {
        throw make_live_error(errc::session_gone, "the live session was closed");
    }
    held_->release();
    stopped_ = true;
    services().timers->disarm(*this);
    release_waiting();
    return value_;
}

session live_actor::current() const
{
    const std::lock_guard lock{mutex_};
    return value_;
}

call_options live_actor::own_options() const
{
    call_options options;
    options.total_timeout = options_.timeout;
    return options;
}

std::chrono::nanoseconds live_actor::life_left(const session_id& id) const
{
    if (const auto end = services().sessions.end_of(id)) {
        return *end - services().boot_now();
    }
    // The service has not said: as long as was asked for, or its own default.
    return options_.time_to_live.count() != 0 ? options_.time_to_live : 1h;
}

void live_actor::throw_if_stopped() const
{
    if (stopped_) {
        throw make_live_error(errc::session_gone, "the live session was closed");
    }
    if (services().closing) {
        throw make_live_error(errc::client_closed, {}, end_reason::client_closed);
    }
}

bool live_actor::is_usable() const
{
    return held_ && !doubt_ && !services().sessions.is_gone(value_.id, services().boot_now());
}

void live_actor::doubt(replacement_reason why)
{
    doubt_ = why;
    needed_ = true;
}

replacement_reason live_actor::reason(const command& by) const
{
    if (by.what == task::update || doubt_ == replacement_reason::changed) {
        return replacement_reason::changed;
    }
    // The service does not know an expired one either.
    const auto end = services().sessions.end_of(value_.id);
    const bool has_ended = end && *end <= services().boot_now();
    return has_ended || is_usable() ? replacement_reason::expiring : replacement_reason::lost;
}

} // namespace sipher::detail
