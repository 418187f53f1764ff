#pragma once

#include <sipher/attempt.hpp>
#include <sipher/config.hpp>
#include <sipher/error_code.hpp>

#include <boost/json/fwd.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sipher {

class error;

namespace detail {
struct error_report;
const error_report& report_of(const error& made) noexcept;
} // namespace detail

/// Why no further attempt was made.
enum class end_reason {
    /// Retrying cannot help.
    permanent,
    /// Repeating could apply the request twice.
    not_repeatable,
    /// `retry_options::max_attempts` was reached, or retrying is off.
    attempts_exhausted,
    /// The client's retry budget is used up: too many of its calls fail.
    budget_exhausted,
    /// The wait that the next attempt needs does not fit into the time that the call has left (its total or queue
    /// timeout, or its deadline).
    deadline,
    /// `retry_options::should_retry` declined.
    policy,
    cancelled,
    client_closed,
};

SIPHER_API const char* to_string(end_reason value) noexcept;
SIPHER_API std::ostream& operator<<(std::ostream& os, end_reason value);

/// The exception type of all failures except lack of memory (`std::bad_alloc`): what failed, and what it may have
/// changed.
///
/// `code()` compares equal to the matching `condition`s. `what()` is one human-readable line without secrets. Texts
/// that came from the service (`service_code()`, `service_message()`, `details()`) are the service's own words: trust
/// them no more than the service. Copying is cheap and does not throw.
class SIPHER_API error : public boost::system::system_error {
public:
    /// No error: the `error()` of a `result` that holds a value.
    error();
    /// An error with a code and a message, for a call that sent nothing.
    error(boost::system::error_code code, std::string message);
    explicit error(std::shared_ptr<const detail::error_report> report);
    error(const error&) noexcept;
    error& operator=(const error&) noexcept;
    ~error() override;

    [[nodiscard]] const char* what() const noexcept override;

    /// What the call as a whole may have changed on the service.
    [[nodiscard]] sipher::outcome outcome() const noexcept;
    /// The operation that failed, such as `create_session`; empty outside a call.
    [[nodiscard]] const std::string& operation() const noexcept;
    /// What happened, in words, without the operation and the outcome.
    [[nodiscard]] const std::string& message() const noexcept;
    /// HTTP status of the last attempt's response; 0 if it got none.
    [[nodiscard]] unsigned status() const noexcept;
    /// `error.code` of the service's response, such as `SESSION_NOT_FOUND`; empty if it had none.
    [[nodiscard]] const std::string& service_code() const noexcept;
    /// `error.message` of the service's response; empty if it had none.
    [[nodiscard]] const std::string& service_message() const noexcept;
    /// `error.details` of the service's response: an array, an object, a string, or null. For a response with `data`
    /// but no `error`, such as a health check's, its `data`.
    [[nodiscard]] const boost::json::value& details() const noexcept;
    /// `X-Request-ID` of the last attempt's response, or else of its request: quote it to the service's support.
    [[nodiscard]] const std::string& request_id() const noexcept;
    /// `Location` of the last attempt's response, such as that of a redirect, or of a create whose body was lost; empty
    /// if it had none.
    [[nodiscard]] const std::string& location() const noexcept;
    /// How long to wait before retrying: as the service asked, or as the client computed for `errc::rate_limited`,
    /// `errc::quota_exhausted` and a live session without a session.
    [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const noexcept;
    /// Every attempt, in order.
    [[nodiscard]] const std::vector<attempt>& attempts() const noexcept;
    /// The exception of a callback in the options, if one threw (`errc::callback_failed`). When thrown, the error is
    /// also a `std::nested_exception`, so `std::rethrow_if_nested` works; copies keep only `cause()`.
    [[nodiscard]] const std::exception_ptr& cause() const noexcept;
    /// Why no further attempt was made.
    [[nodiscard]] end_reason ended_because() const noexcept;

private:
    friend const detail::error_report& detail::report_of(const error& made) noexcept;

    std::shared_ptr<const detail::error_report> report_;
};

/// Lets `result<T>::value()` throw the `error` that it holds.
[[noreturn]] SIPHER_API void throw_exception_from_error(const error& failure, const boost::source_location& where);

} // namespace sipher
