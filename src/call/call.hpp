// One operation from its first attempt to its result.
#pragma once

#include "call/call_attempt.hpp"
#include "call/call_request.hpp"
#include "call/call_turn.hpp"
#include "call/key_provider.hpp"
#include "retry/classify.hpp"
#include "retry/retry_plan.hpp"

#include <sipher/call_options.hpp>
#include <sipher/error.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sipher::detail {

/// Runs one operation.
///
/// Three decisions are made elsewhere: what an attempt may have changed (`classify`), whether and when to make another
/// (`plan_next`), and what the caller receives (`call_report`). This class carries them out.
class call {
public:
    /// Runs until the decoder has its result. Throws `sipher::error`. The call lives in this coroutine's frame and the
    /// request in its caller's frame, because Asio recycles the memory of small frames only.
    [[nodiscard]] static boost::asio::awaitable<void> run(const call_request& request);
    call(const call&) = delete;
    call& operator=(const call&) = delete;
    ~call();

private:
    friend class call_report;

    explicit call(const call_request& request);

    // The temporaries of these two operations are kept out of the coroutine frame.
    template <class CompletionToken>
    auto async_acquire(CompletionToken&& token)
    {
        return boost::asio::async_initiate<CompletionToken, void(acquire_result)>(
            [this](auto handler) {
                client().pool->async_acquire(turn_.for_pool(is_careful(), latest_turn()), std::move(handler));
            },
            token);
    }
    template <class CompletionToken>
    auto async_exchange(CompletionToken&& token)
    {
        return boost::asio::async_initiate<CompletionToken, void(exchange_result)>(
            [this](auto handler) {
                attempt_.start_exchange(now_, deadline_, {std::move(handler), attempt_.connection->executor()});
            },
            token);
    }

    [[nodiscard]] boost::asio::awaitable<void> sleep_until(clock::time_point when);
    [[nodiscard]] boost::asio::awaitable<void> sleep_until_next(clock::time_point when);
    [[nodiscard]] boost::asio::awaitable<void> fetch_key();
    void take_acquired(acquire_result result);
    void use_key(key_result result);
    /// Why it must not begin; null if it has begun.
    [[nodiscard]] std::exception_ptr try_begin_attempt();
    void begin_attempt();
    void throw_if_stopped();
    /// Throws if the deadline has passed.
    void throw_if_late();
    /// Throws if the applied session is known to be gone.
    void throw_if_session_gone();
    /// Waits until the gate releases it; throws if the deadline comes first.
    [[nodiscard]] boost::asio::awaitable<void> wait_at(rate_gate& gate);
    /// Takes a share of a limit common to several clients, and waits for it; throws if the deadline comes first.
    [[nodiscard]] boost::asio::awaitable<void> take_share();
    /// It needs a connection that is not about to be closed.
    [[nodiscard]] bool is_careful() const noexcept { return !is_idempotent(request_.what.kind); }
    [[nodiscard]] clock::time_point latest_turn() const noexcept { return turn_.latest(deadline_, now_); }
    /// Although it failed.
    [[nodiscard]] bool was_deleted() const noexcept
    {
        return request_.what.kind == operation_kind::remove && outcome_ == outcome::applied_result_lost;
    }
    /// The wait for the next attempt is a wait for the rate limit.
    [[nodiscard]] bool is_refused_by_limit() const noexcept { return attempt_.state().status == 429; }
    /// Accounts for a finished wait for its turn.
    void end_wait(clock::time_point since);
    /// True if nothing prevents sending the request, or if there is no connection to send it on.
    [[nodiscard]] bool is_admitted();
    /// Empty after success; otherwise when the next attempt begins. Throws if there is to be none.
    [[nodiscard]] std::optional<clock::time_point> end_attempt();
    void record_attempt(const verdict& decided);
    void succeed(const verdict& decided);
    [[nodiscard]] clock::time_point schedule_next(const verdict& decided);
    [[nodiscard]] retry_plan plan(const verdict& decided);
    /// Records what the call proves about a session.
    void note_session(bool succeeded);
    [[noreturn]] void fail(boost::system::error_code code, end_reason reason,
                           const std::exception_ptr& cause = nullptr);
    /// Continues after a wait, which may have failed.
    void go_on(boost::system::error_code failure);
    [[noreturn]] void fail_callback(std::string_view which, const std::exception_ptr& cause);
    [[nodiscard]] client_state& client() const noexcept { return *request_.client; }

    const call_request& request_;
    const clock::time_point started_;
    /// Extended by waits for a turn that do not count towards the total time.
    clock::time_point deadline_;
    /// When the call last resumed after a wait: all steps without waiting share one time.
    clock::time_point now_;
    boost::asio::cancellation_state cancellation_;
    unsigned counted_attempts_ = 0;
    unsigned tokens_paid_ = 0;
    bool replayed_ = false;
    /// The worst outcome of any attempt so far.
    outcome outcome_ = outcome::not_sent;
    const std::string base_request_id_;
    std::vector<attempt> attempts_;
    const std::unique_ptr<call_observer> watching_;
    call_attempt attempt_;
    call_turn turn_;
};

} // namespace sipher::detail
