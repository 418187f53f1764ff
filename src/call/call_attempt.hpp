// One attempt of a call: one request on one connection, and what came of it.
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

/// Used for one attempt after the other: `begin` starts anew.
class call_attempt {
public:
    /// `request` must outlive the attempt.
    explicit call_attempt(const call_request& request) noexcept : request_(request) {}

    void begin(std::string request_id, clock::time_point now);
    /// Fields that `watching` wants to be sent with the attempt that has begun.
    void ask_for_headers(call_observer& watching, std::size_t number);
    /// Of the attempt under way, or of the last one.
    [[nodiscard]] attempt_state& state() noexcept { return state_; }
    [[nodiscard]] const attempt_state& state() const noexcept { return state_; }

    /// The connection to use, if there is one.
    lease connection;
    /// Goes on with the connection that was waited for, or with the reason why there is none.
    void take_acquired(acquire_result result);

    /// Sends the request and reads the response.
    void start_exchange(clock::time_point now, clock::time_point deadline, connection::exchange_completion done);
    void take_exchanged(const exchange_result& exchanged) noexcept { exchanged_ = exchanged; }
    /// Reads the response, if there is one, and decides.
    /// @param ambiguous_before An attempt before this one may have been applied.
    [[nodiscard]] verdict end(clock::time_point now, bool ambiguous_before);
    /// The attempt as the caller sees it.
    [[nodiscard]] attempt describe(const verdict& decided, clock::time_point now) const;
    /// Gives the connection back.
    void release(const verdict& decided);

    /// The service itself does not know the session that the request was about.
    [[nodiscard]] bool session_is_gone() const noexcept;

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
    /// Of the exchange, if there was one.
    exchange_result exchanged_;
};

} // namespace sipher::detail
