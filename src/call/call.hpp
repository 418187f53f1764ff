#pragma once

#include "call/call_services.hpp"
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

/// One operation from its first attempt to its end.
///
/// Three questions are kept apart: whether the request may be repeated (`classify`), when (`next_delay`), and who
/// says stop (attempts, budget, deadline, cancellation, the closing client). The loop only asks them in turn.
class call {
public:
    /// @param operation A literal: what errors call it.
    call(std::shared_ptr<call_services> services, const char* operation, operation_kind kind, request_message message,
         call_options options);
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
    [[nodiscard]] boost::asio::awaitable<void> sleep_until(clock::time_point when);
    [[nodiscard]] boost::asio::awaitable<void> wait_for_connection();

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
    void fill_info() const;

    const std::shared_ptr<call_services> services_;
    const char* const operation_;
    const operation_kind kind_;
    const request_message message_;
    const call_options options_;
    const retry_options retry_;
    const clock::time_point started_;
    const clock::time_point deadline_;
    boost::asio::cancellation_state cancellation_;

    rate_gate::ticket ticket_;
    lease lease_;
    unsigned attempts_made_ = 0;
    unsigned tokens_paid_ = 0;
    bool replayed_ = false;
    bool already_absent_ = false;
    /// The worst that any attempt so far may have done.
    outcome outcome_ = outcome::not_sent;
    std::vector<attempt> attempts_;
    std::string base_request_id_;

    // Of the attempt under way, or of the last one.
    secret key_;
    std::string request_id_;
    std::string address_;
    clock::time_point attempt_started_;
    clock::time_point exchange_started_;
    boost::system::error_code code_;
    std::string problem_;
    phase reached_ = phase::waiting;
    bool permanent_ = false;
    bool reused_ = false;
    std::size_t bytes_written_ = 0;
    bool fully_written_ = false;
    unsigned status_ = 0;
    service_error refusal_;
    std::string answer_request_id_;
    std::string location_;
    std::optional<std::chrono::milliseconds> retry_after_;
    rate_limit_state rate_limit_;
    header_list fields_;
};

} // namespace sipher::detail
