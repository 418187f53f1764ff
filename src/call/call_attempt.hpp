// One attempt of a call: one request on one connection, and its result.
#pragma once

#include "call/attempt_state.hpp"
#include "call/call_request.hpp"
#include "pool/lease.hpp"
#include "retry/classify.hpp"

#include <sipher/clock.hpp>
#include <sipher/observer.hpp>

#include <cstddef>
#include <string>
#include <utility>

namespace sipher::detail {

/// Reused for successive attempts: `begin` resets it.
class call_attempt {
public:
    /// `request` must outlive the attempt.
    explicit call_attempt(const call_request& request) noexcept : request_(request) {}

    void begin(std::string request_id, clock::time_point now);
    /// Collects the fields that `watching` adds to the current attempt.
    void ask_for_headers(call_observer& watching, std::size_t number);
    /// The state of the current or last attempt.
    [[nodiscard]] attempt_state& state() noexcept { return state_; }
    [[nodiscard]] const attempt_state& state() const noexcept { return state_; }

    /// The connection to use, if there is one.
    lease connection;
    /// Takes the acquired connection, or the reason why there is none.
    void take_acquired(acquire_result result);

    /// Sends the request and reads the response.
    void start_exchange(clock::time_point now, clock::time_point deadline, connection::exchange_completion done);
    void take_exchanged(const exchange_result& exchanged) noexcept { exchanged_ = exchanged; }
    /// Evaluates the response, if there is one, and decides.
    /// @param ambiguous_before An attempt before this one may have been applied.
    [[nodiscard]] verdict end(clock::time_point now, bool ambiguous_before);
    /// The attempt as reported to the caller.
    [[nodiscard]] attempt describe(const verdict& decided, clock::time_point now) const;
    /// Returns the connection to the pool.
    void release(const verdict& decided);

    /// The service itself reported the request's session as unknown.
    [[nodiscard]] bool session_is_gone() const noexcept;
    [[nodiscard]] bool quota_is_used_up() const noexcept { return says(service_code::daily_quota); }

private:
    void take_report(const exchange_report& report);
    [[nodiscard]] response_reading read();
    [[nodiscard]] attempt_facts make_facts(const response_reading& reading, bool ambiguous_before) const;
    void note_response(const verdict& decided, response_reading reading, clock::time_point now);
    rate_limit_state apply_rate_limit(clock::time_point now);
    [[nodiscard]] bool says(service_code code) const noexcept;
    [[nodiscard]] bool was_dead() const noexcept;

    const call_request& request_;
    attempt_state state_;
    /// The result of the exchange, if there was one.
    exchange_result exchanged_;
};

} // namespace sipher::detail
