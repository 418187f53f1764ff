#include "call/call.hpp"

#include "call/deadline.hpp"
#include "values/validation.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

/// As long as fits into a `std::string` without memory of its own.
std::string make_request_id(std::uint64_t bits)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string id(15, '0');
    for (char& c : id) {
        c = digits[bits & 15U];
        bits >>= 4U;
    }
    return id;
}

/// What the caller has said, once it is known to be sound; else what the client has.
const call_options& checked(const call_options* own, const call_services& services)
{
    if (own == nullptr) {
        return services.no_call_options;
    }
    validate_call_options(*own);
    return *own;
}

} // namespace

std::unique_ptr<const call_options> keep_options(call_options options)
{
    const bool says_nothing = !options.total_timeout && !options.retry && options.headers.empty() &&
                              options.request_id.empty() && !options.session && options.info == nullptr;
    return says_nothing ? nullptr : std::make_unique<const call_options>(std::move(options));
}

call::call(std::shared_ptr<call_services> services, const char* operation, operation_kind kind, request_message message,
           std::unique_ptr<const call_options> options)
    : services_(std::move(services)), operation_(operation), kind_(kind), message_(std::move(message)),
      own_options_(std::move(options)), options_(checked(own_options_.get(), *services_)),
      retry_(options_.retry ? *options_.retry : services_->options.retry), started_(services_->now()),
      deadline_(deadline_after(started_, options_.total_timeout.value_or(services_->options.timeouts.total))),
      now_(started_), ticket_(services_->gate),
      base_request_id_(options_.request_id.empty() ? make_request_id(services_->chance->bits()) : options_.request_id)
{
    services_->active.fetch_add(1);
}

call::~call()
{
    lease_ = {};
    if (services_->active.fetch_sub(1) == 1 && services_->closing) {
        services_->drained->release({});
    }
}

asio::awaitable<void> call::run()
{
    cancellation_ = co_await asio::this_coro::cancellation_state;
    for (;;) {
        start_attempt();
        do {
            for (auto turn = turn_at_gate(); turn; turn = turn_at_gate()) {
                co_await sleep_until(*turn);
            }
            lease_ = services_->pool->try_acquire(!is_idempotent(kind_), now_);
            if (!lease_) {
                take_acquired(co_await services_->pool->async_acquire(deadline_, asio::deferred));
            }
        } while (!is_admitted());
        if (lease_) {
            // It may have gone while this call waited for its turn.
            throw_if_session_gone();
            exchange_request wanted = prepare_exchange();
            co_await lease_->async_exchange(std::move(wanted), asio::deferred);
            now_ = services_->now();
            take_report();
        }
        const verdict decided = end_attempt();
        if (decided.what == action::succeed || decided.what == action::succeed_already_absent) {
            co_return;
        }
        const clock::time_point next = schedule_next(decided);
        if (next > now_) {
            // A coroutine that was cancelled in the meantime would throw without a word of what had happened.
            throw_if_stopped();
            co_await sleep_until(next);
        }
    }
}

asio::awaitable<void> call::sleep_until(clock::time_point when)
{
    const auto [failure] = co_await services_->sleepers->async_sleep_until(when, asio::as_tuple(asio::deferred));
    now_ = services_->now();
    if (failure) {
        fail(failure, failure == errc::client_closed ? end_reason::client_closed : end_reason::cancelled);
    }
    throw_if_stopped();
}

void call::take_acquired(acquire_result result)
{
    now_ = services_->now();
    lease_ = std::move(result.granted);
    code_ = result.code;
    if (!result.problem.empty()) {
        story().problem = std::move(result.problem);
    }
    reached_ = result.reached;
    permanent_ = result.permanent;
    throw_if_stopped();
}

call_story& call::story()
{
    if (!story_) {
        story_ = std::make_unique<call_story>();
    }
    return *story_;
}

bool call::is_told(std::string_view service_code) const
{
    return story_ && story_->refusal.code == service_code;
}

void call::start_attempt()
{
    throw_if_stopped();
    throw_if_session_gone();
    ++attempts_made_;
    attempt_started_ = exchange_started_ = now_;
    request_id_ = base_request_id_;
    if (attempts_told() != 0) {
        request_id_ += "-" + std::to_string(attempts_told() + 1);
        story_->problem.clear();
        story_->refusal = {};
    }
    code_ = {};
    reached_ = phase::waiting;
    permanent_ = reused_ = fully_written_ = false;
    bytes_written_ = 0;
    status_ = 0;
    retry_after_.reset();
    if (services_->options.api_key_provider) {
        key_ = services_->options.api_key_provider();
        validate_api_key(key_, "api_key_provider");
    }
}

void call::throw_if_stopped()
{
    if (cancellation_.cancelled() != asio::cancellation_type::none) {
        fail(asio::error::operation_aborted, end_reason::cancelled);
    }
    if (services_->closing) {
        fail(errc::client_closed, end_reason::client_closed);
    }
}

void call::throw_if_session_gone()
{
    if (!options_.session) {
        return;
    }
    const applied_session& under = *options_.session;
    if (services_->dead.contains(under.id())) {
        story().problem = "the session to run under was deleted, or the service did not know it";
    } else if (under.expires_at() && *under.expires_at() <= services_->service_now()) {
        story().problem = "the session to run under has expired";
    } else {
        return;
    }
    fail(errc::session_gone, end_reason::permanent);
}

std::optional<clock::time_point> call::turn_at_gate()
{
    const auto turn = services_->gate.wait_until(ticket_, now_);
    if (turn && *turn >= deadline_) {
        retry_after_ = std::chrono::ceil<milliseconds>(*turn - now_);
        story().problem = "the service's rate limit lets this call pass in " +
                          std::to_string(std::chrono::ceil<std::chrono::seconds>(*turn - now_).count()) +
                          " s, which is after its total timeout";
        fail(errc::rate_limited, end_reason::deadline);
    }
    return turn;
}

bool call::is_admitted()
{
    if (!lease_ || services_->gate.pass(ticket_, now_)) {
        return true;
    }
    lease_ = {};
    return false;
}

} // namespace sipher::detail
