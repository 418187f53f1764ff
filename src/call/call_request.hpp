// What a call asks for: the same in each of its attempts.
#pragma once

#include "call/call_services.hpp"
#include "call/request_text.hpp"
#include "call/response_reading.hpp"
#include "retry/operation_kind.hpp"

#include <sipher/call_options.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace sipher::detail {

/// What a call keeps of the options given to it: nothing where they say nothing, as most do. The caller's
/// `response_info` begins anew.
[[nodiscard]] std::unique_ptr<const call_options> keep_options(call_options options);

/// When a call with these options that begins now has to end.
[[nodiscard]] clock::time_point deadline_of(const call_options& options, const timeout_options& timeouts,
                                            clock::time_point now);

struct call_request {
    /// Throws `sipher::error` if an option breaks a rule.
    /// @param asked_decoder Must outlive the call.
    /// @param kept_options Null: the client's.
    call_request(std::shared_ptr<call_services> services_of_client, operation asked, request_message asked_message,
                 result_decoder& asked_decoder, std::unique_ptr<const call_options> kept_options,
                 caller asked_by = caller::user);
    call_request(const call_request&) = delete;
    call_request& operator=(const call_request&) = delete;
    ~call_request();

    [[nodiscard]] const retry_options& retry() const noexcept
    {
        return options.retry ? *options.retry : services->options.retry;
    }

    /// Of the first attempt: the caller's, or a new one.
    [[nodiscard]] std::string make_request_id() const;
    /// Why the session to run under is known to be gone; empty if it is not.
    [[nodiscard]] std::string_view why_session_is_gone() const;

    const std::shared_ptr<call_services> services;
    const operation what;
    const caller by;
    request_message message;
    result_decoder& decoder;
    const std::unique_ptr<const call_options> own_options;
    const call_options& options;
};

} // namespace sipher::detail
