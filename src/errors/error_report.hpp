#pragma once

#include <sipher/error.hpp>

#include <boost/json/value.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sipher::detail {

/// The content of an `error`; filled in step by step, then frozen.
struct error_report {
    boost::system::error_code code;
    std::string operation;
    std::string message;
    sipher::outcome outcome = sipher::outcome::not_sent;
    unsigned status = 0;
    std::string service_code;
    std::string service_message;
    boost::json::value details;
    std::string request_id;
    std::string location;
    std::optional<std::chrono::milliseconds> retry_after;
    std::vector<attempt> attempts;
    end_reason ended_because = end_reason::permanent;
    /// The exception of a callback in the options.
    std::exception_ptr cause;
    /// The text of `what()`; made by `make_error`.
    std::string what;
};

/// Composes `what()` and freezes the report.
[[nodiscard]] error make_error(error_report report);

/// The same for a call that ended without a response.
[[nodiscard]] error make_error(boost::system::error_code code, const char* operation, std::string message,
                               end_reason why, outcome effect);

/// The report of an error, to derive another one from.
[[nodiscard]] const error_report& report_of(const error& made) noexcept;

/// Whether the service reported the session unknown or expired, or the client knows it to be.
[[nodiscard]] bool says_session_gone(const error& failure);

/// The same error with a prefix to its message, and another outcome.
[[nodiscard]] inline error reworded(const error& made, const std::string& words, outcome effect)
{
    error_report report = report_of(made);
    report.message = words + report.message;
    report.outcome = effect;
    return make_error(std::move(report));
}

/// Throws it; if its cause is being handled, also as a `std::nested_exception`.
[[noreturn]] void throw_error(const error& made);

/// Ends a call whose coroutine Asio does not let continue, because it was cancelled.
[[noreturn]] void throw_interrupted(const char* operation, boost::system::error_code code, outcome effect);

/// An exception's own description, printable.
[[nodiscard]] std::string describe_exception(const std::exception_ptr& thrown);

/// Replaces every session id in `text` by its short form, so that no message carries a usable one.
[[nodiscard]] std::string redact_session_ids(std::string text);

} // namespace sipher::detail
