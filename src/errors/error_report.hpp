#pragma once

#include <sipher/error.hpp>

#include <boost/json/value.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sipher::detail {

/// Everything an `error` can tell; filled in by whoever knows, then frozen.
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
    /// The line that `what()` gives; made by `make_error`.
    std::string what;
};

/// Composes `what()` and freezes the report.
[[nodiscard]] error make_error(error_report report);

/// The same of what ended without a response.
[[nodiscard]] error make_error(boost::system::error_code code, const char* operation, std::string message,
                               end_reason why, outcome effect);

/// The report of an error, to make another one of.
[[nodiscard]] const error_report& report_of(const error& made) noexcept;

/// The same error with words before its own, and another outcome.
[[nodiscard]] inline error reworded(const error& made, const std::string& words, outcome effect)
{
    error_report report = report_of(made);
    report.message = words + report.message;
    report.outcome = effect;
    return make_error(std::move(report));
}

/// Throws it; with a cause that is being handled also as a `std::nested_exception`.
[[noreturn]] void throw_error(const error& made);

/// Ends a call whose coroutine Asio does not let go on, because it was cancelled.
[[noreturn]] void throw_interrupted(const char* operation, boost::system::error_code code, outcome effect);

/// What an exception says of itself, printable.
[[nodiscard]] std::string describe_exception(const std::exception_ptr& thrown);

/// Replaces every session id in `text` by its short form, so that no message carries a usable one.
[[nodiscard]] std::string redact_session_ids(std::string text);

} // namespace sipher::detail
