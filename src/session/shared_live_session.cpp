#include "session/shared_live_session.hpp"

#include "base/deadline.hpp"
#include "call/call_request.hpp"
#include "errors/error_report.hpp"
#include "options/validation.hpp"
#include "session/live_actor.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <new>

namespace sipher::detail {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;

namespace {

error live_error(error_code code, std::string message, end_reason why, outcome effect = outcome::not_sent)
{
    return make_error(code, "live_session", std::move(message), why, effect);
}

} // namespace

shared_live_session::shared_live_session(std::shared_ptr<client_handle> owner, session_defaults defaults,
                                         live_session_options options)
    : owner_(std::move(owner)), options_(std::move(options)), state_(client().sessions, std::move(defaults), options_)
{
}

shared_live_session::~shared_live_session()
{
    client().timers->disarm(*this);
}

asio::awaitable<created_session> shared_live_session::acquire(pointer self, clock::time_point deadline)
{
    if (auto found = self->use_now()) {
        co_return *std::move(found);
    }
    call_options options;
    options.total_timeout = 0ms;
    options.deadline = deadline;
    co_return co_await place(self, std::make_shared<live_order>(live_task::use), std::move(options));
}

std::optional<created_session> shared_live_session::use_now()
{
    std::optional<created_session> found;
    {
        const std::lock_guard lock{mutex_};
        const clock::time_point now = boot_now();
        if (stopped_ || client().is_closing() || !state_.is_usable(now)) {
            return std::nullopt;
        }
        found = state_.current();
        if (!state_.is_renewal_due(now)) {
            return found;
        }
    }
    // The alarm is late, as after a suspension of the machine.
    start_running();
    return found;
}

asio::awaitable<void> shared_live_session::resolve(pointer self, applied_session& under, clock::time_point deadline)
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

asio::awaitable<created_session> shared_live_session::place(pointer self, order placed, call_options options)
{
    validate_call_options(options);
    response_info* const info = options.info;
    placed->deadline = latest_end_of(options, self->client().options.timeouts, self->client().now());
    placed->options = std::move(options);
    placed->options.info = info != nullptr ? &placed->info : nullptr;
    placed->options.deadline = placed->deadline;
    interest_in_order interest = std::make_shared<const char>('\0');
    placed->interest = interest;
    if (!self->enqueue(placed)) {
        // A loop of requests that fail at once must not occupy the executor.
        co_await asio::post(asio::deferred);
        const std::lock_guard lock{self->mutex_};
        self->throw_if_stopped(outcome::not_sent);
    }
    self->start_running();
    clock::time_point until;
    while (const auto done = self->wait_for(*placed, interest, until)) {
        const auto [code] = co_await done->async_sleep_until(until, asio::as_tuple(asio::use_awaitable));
        self->wake_up(*placed, interest, done, code);
    }
    if (info != nullptr) {
        *info = std::move(placed->info);
    }
    if (placed->failure) {
        std::rethrow_exception(placed->failure);
    }
    co_return std::move(placed->given);
}

bool shared_live_session::enqueue(const order& placed)
{
    const std::lock_guard lock{mutex_};
    if (stopped_ || client().is_closing()) {
        return false;
    }
    orders_.push_back(placed);
    return true;
}

std::shared_ptr<sleep_list> shared_live_session::wait_for(const live_order& placed, interest_in_order& interest,
                                                          clock::time_point& until)
{
    const std::lock_guard lock{mutex_};
    if (placed.done) {
        return nullptr;
    }
    if (!placed.begun) {
        throw_if_stopped(placed.effect);
    }
    if (!placed.sent && client().now() >= placed.deadline) {
        interest.reset();
        throw live_error(errc::deadline_exceeded, "no session became available in time", end_reason::deadline,
                         placed.effect);
    }
    until = placed.sent ? clock::time_point::max() : placed.deadline;
    if (!waiting_) {
        waiting_ = client().user_waits.make();
    }
    return waiting_;
}

void shared_live_session::wake_up(const live_order& placed, interest_in_order& interest,
                                  const std::shared_ptr<sleep_list>& from, error_code code)
{
    const std::lock_guard lock{mutex_};
    if (code == asio::error::operation_aborted) {
        interest.reset();
        throw live_error(code, "cancelled", end_reason::cancelled, placed.effect);
    }
    if (code && client().has_context_ended()) {
        throw live_error(code, {}, end_reason::client_closed, placed.effect);
    }
    if (code && waiting_ == from) {
        // The client is shutting down, but operations in progress may still be waited for.
        waiting_.reset();
    }
}

void shared_live_session::notify_waiting() noexcept
{
    if (const auto all = std::exchange(waiting_, nullptr)) {
        all->release({});
    }
}

void shared_live_session::start_running() noexcept
{
    {
        const std::lock_guard lock{mutex_};
        if (std::exchange(running_, true)) {
            return;
        }
    }
    const auto end_without_memory = [self = self()](const std::exception_ptr& thrown) {
        const std::lock_guard lock{self->mutex_};
        self->running_ = self->running_ && !thrown;
    };
    try {
        asio::co_spawn(owner_->executor(), live_actor::run(self()), end_without_memory);
    } catch (...) {
        end_without_memory(std::current_exception());
    }
}

shared_live_session::order shared_live_session::take()
{
    const std::lock_guard lock{mutex_};
    const clock::time_point now = boot_now();
    std::erase_if(orders_, [](const order& each) { return each->interest.expired(); });
    if (stopped_ || client().is_closing()) {
        running_ = false;
        orders_.clear();
        notify_waiting();
        return nullptr;
    }
    if (state_.is_usable(now)) {
        end_uses(std::nullopt, clock::time_point::max());
    } else if (state_.failure()) {
        end_uses(state_.failure(), saturating_add(client().now(), state_.not_before() - now));
    }
    const auto next = std::ranges::find_if(orders_, [](const order& each) { return each->what != live_task::use; });
    if (next == orders_.end()) {
        return take_own(now);
    }
    order taken = std::move(*next);
    orders_.erase(next);
    taken->begun = true;
    return taken;
}

shared_live_session::order shared_live_session::take_own(clock::time_point now)
{
    const live_state::task due = state_.next(now, !orders_.empty());
    if (due != live_state::task::none) {
        auto own =
            std::make_shared<live_order>(due == live_state::task::check ? live_task::verify : live_task::replace);
        own->options = own_options();
        own->is_own = true;
        return own;
    }
    running_ = false;
    const clock::time_point wake_at = state_.next_due(now, !orders_.empty());
    // Without memory, it will be replaced on demand.
    static_cast<void>(client().timers->try_arm(*this, saturating_add(client().now(), wake_at - now)));
    return nullptr;
}

void shared_live_session::end_uses(const std::optional<error>& failure, clock::time_point until)
{
    std::exception_ptr thrown;
    try {
        if (failure) {
            throw_error(state_.has_any() ? reworded(*failure, "no session to run under: ", outcome::not_sent)
                                         : *failure);
        }
    } catch (const error&) {
        thrown = std::current_exception();
    }
    std::erase_if(orders_, [&](const order& each) {
        const bool ends = each->what == live_task::use && each->deadline <= until;
        if (ends) {
            end(*each, thrown);
        }
        return ends;
    });
}

void shared_live_session::end(live_order& ended, const std::exception_ptr& failure)
{
    ended.given = state_.current();
    ended.failure = failure;
    ended.sent = false;
    ended.done = true;
    notify_waiting();
}

void shared_live_session::adopt(session known)
{
    auto held = owned_sessions::own(owner_, known.id, options_.timeout);
    const std::lock_guard lock{mutex_};
    state_.adopt({std::move(held), std::move(known)});
}

std::shared_ptr<owned_session> shared_live_session::stop() noexcept
{
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    client().timers->disarm(*this);
    notify_waiting();
    return state_.stop();
}

session shared_live_session::current() const
{
    const std::lock_guard lock{mutex_};
    return state_.current().value;
}

call_options shared_live_session::own_options() const
{
    call_options options;
    options.total_timeout = options_.timeout;
    return options;
}

void shared_live_session::throw_if_stopped(outcome so_far) const
{
    if (stopped_) {
        throw live_error(errc::session_gone, "the live session was closed", end_reason::permanent, so_far);
    }
    if (client().is_closing()) {
        throw live_error(errc::client_closed, {}, end_reason::client_closed, so_far);
    }
}

} // namespace sipher::detail
