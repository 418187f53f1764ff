#pragma once

#include "call/call_services.hpp"
#include "call/call_story.hpp"
#include "call/request_text.hpp"
#include "pool/lease.hpp"
#include "retry/classify.hpp"
#include "retry/operation_kind.hpp"
#include "values/decode.hpp"
#include "values/error_report.hpp"

#include <sipher/call_options.hpp>
#include <sipher/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sipher::detail {

/// What a call keeps of the options given to it: nothing where they say nothing, as most do.
[[nodiscard]] std::unique_ptr<const call_options> keep_options(call_options options);

/// One operation from its first attempt to its end.
///
/// Three questions are kept apart: whether the request may be repeated (`classify`), when (`next_delay`), and who
/// says stop (attempts, budget, deadline, cancellation, the closing client). The loop only asks them in turn.
class call {
public:
    /// Throws `sipher::error` if an option breaks a rule.
    /// @param operation A literal: what errors call it.
    /// @param options Null: the client's.
    call(std::shared_ptr<call_services> services, const char* operation, operation_kind kind, request_message message,
         std::unique_ptr<const call_options> options);
    call(const call&) = delete;
    call& operator=(const call&) = delete;
    ~call();

    /// Runs until an answer with a status of success is there. Throws `sipher::error`.
    [[nodiscard]] boost::asio::awaitable<void> run();

    /// Of the answer; the body is valid as long as this object.
    [[nodiscard]] unsigned status() const noexcept { return status_; }
    [[nodiscard]] std::string_view body() const noexcept { return lease_->body(); }
    /// It was a 404 after an attempt that may have been applied.
    [[nodiscard]] bool already_absent() const noexcept { return already_absent_; }

    /// The answer has this time of the service's clock, read when it made the answer.
    void learn_service_time(std::optional<clock::wall_time> stamp);

    /// The answer is a success that cannot be read.
    [[noreturn]] void fail_payload(const decode_error& why);

private:
    /// It has one from now on.
    [[nodiscard]] call_story& story();
    [[nodiscard]] std::size_t attempts_told() const noexcept { return story_ ? story_->attempts.size() : 0; }
    [[nodiscard]] bool is_told(std::string_view service_code) const;

    [[nodiscard]] boost::asio::awaitable<void> sleep_until(clock::time_point when);

    /// Goes on with the connection that it waited for, or with the reason why there is none.
    void take_acquired(acquire_result result);
    void start_attempt();
    void throw_if_stopped();
    /// Until when to wait for the rate limit, if at all; throws if that is no use.
    [[nodiscard]] std::optional<clock::time_point> turn_at_gate();
    /// Nothing stands in the way of the request, or there is no connection that it could be sent on.
    [[nodiscard]] bool is_admitted();
    [[nodiscard]] exchange_request prepare_exchange();
    void take_report();
    [[nodiscard]] attempt_facts facts() const;
    [[nodiscard]] verdict end_attempt();
    void read_answer(const verdict& decided);
    void learn_rate_limit();
    /// Whether the session that the request was about is there.
    void learn_fate(bool succeeded);
    /// The session to run under must not be known to be gone.
    void throw_if_session_gone();
    void record_attempt(const verdict& decided);
    /// When the next attempt begins; throws if there is to be none.
    [[nodiscard]] clock::time_point schedule_next(const verdict& decided);
    [[nodiscard]] retry_context make_context(const verdict& decided) const;
    void throw_unless_repeatable(const verdict& decided);
    [[nodiscard]] std::chrono::nanoseconds wanted_delay(const verdict& decided);
    [[nodiscard]] std::chrono::nanoseconds delay_within_limits(const verdict& decided);
    void succeed();
    [[noreturn]] void fail(boost::system::error_code code, end_reason reason);
    [[nodiscard]] std::string describe(boost::system::error_code code) const;
    void fill_info();

    const std::shared_ptr<call_services> services_;
    const char* const operation_;
    const operation_kind kind_;
    const request_message message_;
    const std::unique_ptr<const call_options> own_options_;
    const call_options& options_;
    const retry_options& retry_;
    const clock::time_point started_;
    const clock::time_point deadline_;
    /// When the call last went on after a wait: all that it does without waiting happens at one time.
    clock::time_point now_;
    boost::asio::cancellation_state cancellation_;

    rate_gate::ticket ticket_;
    lease lease_;
    unsigned attempts_made_ = 0;
    unsigned tokens_paid_ = 0;
    bool replayed_ = false;
    bool already_absent_ = false;
    /// The worst that any attempt so far may have done.
    outcome outcome_ = outcome::not_sent;
    const std::string base_request_id_;
    std::unique_ptr<call_story> story_;

    // Of the attempt under way, or of the last one.
    secret key_;
    std::string request_id_;
    clock::time_point attempt_started_;
    clock::time_point exchange_started_;
    boost::system::error_code code_;
    phase reached_ = phase::waiting;
    bool permanent_ = false;
    bool reused_ = false;
    std::size_t bytes_written_ = 0;
    bool fully_written_ = false;
    unsigned status_ = 0;
    std::optional<std::chrono::milliseconds> retry_after_;
};

} // namespace sipher::detail
