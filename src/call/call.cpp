#include "call/call.hpp"

#include "base/deadline.hpp"
#include "call/call_report.hpp"
#include "call/key_provider.hpp"
#include "errors/error_report.hpp"
#include "options/validation.hpp"
#include "runtime/notify.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

/// A coroutine of its own, so that what `post` needs is not in the frame of each call.
asio::awaitable<void> let_others_run()
{
    co_await asio::post(asio::deferred);
}

} // namespace

call::call(const call_request& request)
    : request_(request), started_(client().now()),
      deadline_(deadline_of(request_.options, client().options.timeouts, started_)), now_(started_),
      base_request_id_(request_.make_request_id()), watching_(call_report{*this}.notify_begin()), attempt_(request_),
      turn_(request_)
{
    if (request_.by() == caller::user) {
        client().user_calls.begin();
    }
}

call::~call()
{
    attempt_.connection = {};
    if (request_.by() == caller::user) {
        // In this order: whoever closes the client looks at the count afterwards.
        if (client().user_calls.end() && client().is_closing()) {
            client().user_calls.none_left->release({});
        }
    }
}

asio::awaitable<void> call::run(const call_request& request)
{
    call self{request};
    self.cancellation_ = co_await asio::this_coro::cancellation_state;
    for (;;) {
        if (const std::exception_ptr refused = self.try_begin_attempt()) {
            // A loop of calls that fail at once must not occupy the executor. (Once cancelled, it could not wait.)
            if (self.cancellation_.cancelled() == asio::cancellation_type::none) {
                co_await let_others_run();
            }
            std::rethrow_exception(refused);
        }
        do {
            while (rate_gate* const closed = self.turn_.missing(self.now_)) {
                co_await self.wait_at(*closed);
            }
            if (self.turn_.needs_share(self.now_)) {
                co_await self.take_share();
            }
            self.attempt_.connection = request.client->pool->try_acquire(self.is_careful(), self.now_);
            if (!self.attempt_.connection) {
                self.take_acquired(co_await self.async_acquire(asio::deferred));
            }
        } while (!self.is_admitted());
        if (self.attempt_.connection) {
            // The observer may have cancelled the call.
            self.throw_if_stopped();
            if (has_key_provider(request.client->options)) {
                co_await self.fetch_key();
            }
            // Callbacks may have cancelled the call, and the session may be gone since it began to wait for its turn.
            self.throw_if_stopped();
            self.throw_if_late();
            self.throw_if_session_gone();
            self.attempt_.take_exchanged(co_await self.async_exchange(asio::deferred));
            self.now_ = request.client->now();
        }
        const auto next = self.end_attempt();
        if (!next) {
            co_return;
        }
        if (*next > self.now_) {
            // In a coroutine cancelled in the meantime, the next `co_await` would throw without an outcome.
            self.throw_if_stopped();
            co_await self.sleep_until_next(*next);
        }
    }
}

void call::take_acquired(acquire_result result)
{
    attempt_.take_acquired(std::move(result));
    end_wait(now_);
    go_on({});
}

asio::awaitable<void> call::fetch_key()
{
    if (client().options.api_key_provider) {
        key_result provided = ask_for_key_now(client().options);
        if (provided.code && cancellation_.cancelled() == asio::cancellation_type::none) {
            co_await let_others_run(); // as in `run`
        }
        use_key(std::move(provided));
        go_on({});
        co_return;
    }
    key_result key = co_await ask_for_key(client().options, client().waits_of(request_.by()).common(), deadline_);
    go_on({});
    use_key(std::move(key));
}

asio::awaitable<void> call::sleep_until(clock::time_point when)
{
    const auto [failure] =
        co_await client().waits_of(request_.by()).common()->async_sleep_until(when, asio::as_tuple(asio::deferred));
    go_on(failure);
}

asio::awaitable<void> call::sleep_until_next(clock::time_point when)
{
    const clock::time_point since = now_;
    co_await sleep_until(when);
    if (is_refused_by_limit()) {
        end_wait(since);
    }
}

void call::use_key(key_result result)
{
    if (result.code) {
        attempt_.state().note().message = std::move(result.message);
        fail(result.code, result.reason, result.cause);
    }
    attempt_.state().key = std::move(result.key);
}

std::exception_ptr call::try_begin_attempt()
{
    try {
        begin_attempt();
        return nullptr;
    } catch (...) {
        return std::current_exception();
    }
}

void call::begin_attempt()
{
    throw_if_stopped();
    throw_if_late();
    throw_if_session_gone();
    if (const auto wait = turn_.quota_missing(now_)) {
        fail(turn_.refuse_by_quota(attempt_.state(), *wait, now_), end_reason::deadline);
    }
    ++counted_attempts_;
    std::string id = base_request_id_;
    if (!attempts_.empty()) {
        id += "-" + std::to_string(attempts_.size() + 1);
    }
    attempt_.begin(std::move(id), now_);
    if (watching_) {
        attempt_.ask_for_headers(*watching_, attempts_.size() + 1);
        // The observer may have cancelled the call.
        throw_if_stopped();
    }
}

void call::throw_if_stopped()
{
    if (cancellation_.cancelled() != asio::cancellation_type::none) {
        fail(asio::error::operation_aborted, end_reason::cancelled);
    }
    if (client().is_closed_to(request_.by())) {
        fail(errc::client_closed, end_reason::client_closed);
    }
}

void call::throw_if_late()
{
    if (now_ >= deadline_) {
        fail(errc::deadline_exceeded, end_reason::deadline);
    }
}

void call::throw_if_session_gone()
{
    if (const std::string_view message = request_.why_session_is_gone(); !message.empty()) {
        attempt_.state().note().message = message;
        fail(errc::session_gone, end_reason::permanent);
    }
}

asio::awaitable<void> call::wait_at(rate_gate& gate)
{
    const gate_request wanted = turn_.for_gate(gate, latest_turn());
    const gate_result result = co_await gate.async_wait(wanted, asio::deferred);
    end_wait(now_);
    if (result.code == errc::rate_limited) {
        now_ = client().now();
        fail(turn_.refuse(attempt_.state(), gate, result.wait, now_), end_reason::deadline);
    }
    go_on(result.code);
    turn_.take(gate);
}

asio::awaitable<void> call::take_share()
{
    const clock::time_point since = now_;
    const clock::time_point until = latest_turn();
    quota_request wanted;
    wanted.category = turn_.category();
    wanted.longest_wait = until - now_;
    auto asking =
        client().shared.ask(wanted, client().timers->time(), client().waits_of(request_.by()).common(), until);
    const std::chrono::nanoseconds wait = co_await std::move(asking);
    go_on({});
    turn_.take_share();
    if (wait.count() > 0) {
        if (wait >= until - now_) {
            fail(turn_.refuse(attempt_.state(), *client().gate, wait, now_), end_reason::deadline);
        }
        co_await sleep_until(now_ + wait);
    }
    end_wait(since);
}

void call::end_wait(clock::time_point since)
{
    deadline_ = turn_.end_wait(deadline_, client().now() - since);
}

void call::go_on(error_code failure)
{
    now_ = client().now();
    if (failure) {
        fail(failure, failure == errc::client_closed ? end_reason::client_closed : end_reason::cancelled);
    }
    throw_if_stopped();
}

bool call::is_admitted()
{
    if (!attempt_.connection || turn_.use(now_)) {
        return true;
    }
    attempt_.connection = {};
    return false;
}

std::optional<clock::time_point> call::end_attempt()
{
    const verdict decided = attempt_.end(now_, outcome_ >= outcome::unknown);
    const bool succeeded = decided.what == action::succeed || decided.what == action::succeed_already_absent;
    if (!succeeded) {
        outcome_ = std::max(outcome_, decided.outcome);
        // A refusal for the daily quota has already corrected the count.
        if (decided.outcome < outcome::unknown && !attempt_.quota_is_used_up()) {
            turn_.discount();
        }
    }
    turn_.keep_count();
    record_attempt(decided);
    attempt_.release(decided);
    if (!succeeded) {
        return schedule_next(decided);
    }
    succeed(decided);
    return std::nullopt;
}

void call::record_attempt(const verdict& decided)
{
    const bool is_observed = client().options.observer != nullptr;
    if (!decided.code && request_.options.info == nullptr && !is_observed) {
        return;
    }
    attempts_.push_back(attempt_.describe(decided, now_));
    if (is_observed) {
        call_report{*this}.notify_attempt();
    }
}

void call::succeed(const verdict& decided)
{
    if (decided.what == action::succeed_already_absent) {
        request_.decoder.accept_absence();
    }
    note_session(true);
    client().budget.deposit(counted_attempts_ == 1 ? 1 : tokens_paid_);
    if (request_.options.info != nullptr) {
        call_report{*this}.fill(*request_.options.info);
    }
    if (watching_) {
        call_report{*this}.notify_end(nullptr);
    }
}

void call::note_session(bool succeeded)
{
    const auto& subject = request_.message.subject;
    const clock::time_point now = client().boot_now();
    if (subject && succeeded && request_.what.kind == operation_kind::remove) {
        client().sessions.remove(*subject, now);
    } else if (subject && (attempt_.session_is_gone() || was_deleted())) {
        client().sessions.mark_gone(*subject, now);
    } else if (const auto life = succeeded ? request_.decoder.life() : std::nullopt) {
        client().sessions.learn(*life, now - (now_ - attempt_.state().exchange_started), now);
    }
}

clock::time_point call::schedule_next(const verdict& decided)
{
    const retry_plan next = plan(decided);
    switch (next.what) {
    case retry_plan::step::end: fail(next.code, next.reason);
    case retry_plan::step::replay:
        replayed_ = true;
        --counted_attempts_;
        break;
    case retry_plan::step::retry: tokens_paid_ += next.price; break;
    }
    retry_event event;
    event.operation = request_.what.name;
    event.number = attempts_.size();
    event.delay = next.delay;
    event.code = decided.code;
    notify(client().options.observer.get(), &observer::on_retry, event);
    return saturating_add(now_, next.delay);
}

retry_plan call::plan(const verdict& decided)
{
    retry_state state{request_.what};
    state.counted_attempts = counted_attempts_;
    state.all_attempts = attempts_.size();
    state.replayed = replayed_;
    state.closing = client().is_closed_to(request_.by());
    state.now = now_;
    state.deadline = is_refused_by_limit() ? latest_turn() : deadline_;
    state.status = attempt_.state().status;
    state.retry_after = attempt_.state().retry_after;
    try {
        return plan_next(request_.retry(), state, decided, client().budget, client().random->unit());
    } catch (...) {
        fail_callback("a callback in retry_options", std::current_exception());
    }
}

void call::fail_callback(std::string_view which, const std::exception_ptr& cause)
{
    attempt_.state().note().message = std::string{which} + " threw: " + describe_exception(cause);
    fail(errc::callback_failed, end_reason::permanent, cause);
}

void call::fail(error_code code, end_reason reason, const std::exception_ptr& cause)
{
    attempt_.connection = {};
    turn_.discount();
    note_session(false);
    const call_report report{*this};
    if (request_.options.info != nullptr) {
        report.fill(*request_.options.info);
    }
    const error failure = report.to_error(code, reason, cause);
    report.notify_end(&failure);
    throw_error(failure);
}

} // namespace sipher::detail
