#include <sipher/async_call.hpp>
#include <sipher/error.hpp>

#include "base/mask.hpp"
#include "base/printable_text.hpp"
#include "errors/error_report.hpp"

#include <boost/asio/error.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

namespace sipher {

namespace detail {

namespace {

constexpr std::size_t longest_message = 1000;
constexpr std::size_t longest_cause = 200;
constexpr std::size_t longest_request_id = 128;
constexpr std::string_view hexadecimal_digits = "0123456789abcdefABCDEF";

/// Wherever at least `least` hexadecimal digits follow `prefix`, in any spelling, replaces all but the first `kept` by
/// `…`.
std::string shorten_digits(std::string text, std::string_view prefix, std::size_t least, std::size_t kept)
{
    for (std::size_t at = 0; at < text.size();) {
        const spelled_prefix found = match_spelled(std::string_view{text}.substr(at), prefix);
        at += std::max<std::size_t>(found.size, 1);
        if (found.characters != prefix.size()) {
            continue;
        }
        const std::size_t end = std::min(text.find_first_not_of(hexadecimal_digits, at), text.size());
        if (end - at >= least) {
            text.replace(at + kept, end - at - kept, "…");
        }
    }
    return text;
}

/// A viewing key echoed by the service looks like this; so do addresses, which stay recognisable.
std::string redact_keys(std::string text)
{
    return shorten_digits(std::move(text), "0x", 8, 4);
}

std::string description(const boost::system::error_code& code)
{
    return code == boost::asio::error::operation_aborted ? "cancelled" : code.message();
}

/// `404 SESSION_NOT_FOUND`, `502 Bad Gateway` or `cannot connect`.
std::string headline(const error_report& report)
{
    if (report.code.category() == service_category() && !report.service_code.empty()) {
        return std::to_string(report.code.value()) + " " + report.service_code;
    }
    return description(report.code);
}

/// Whether the message already states the headline.
bool is_headed(const error_report& report)
{
    const std::string_view message{report.message};
    if (report.code.category() == service_category() && !report.service_code.empty()) {
        return message.starts_with(headline(report));
    }
    const bool is_status =
        report.code.category() == service_category() || report.code.category() == intermediary_category();
    return message.starts_with(description(report.code)) ||
           (is_status && message.starts_with(std::to_string(report.code.value()) + " "));
}

const char* wording(outcome value) noexcept
{
    return value == outcome::unknown ? "outcome unknown" : to_string(value);
}

std::string in_seconds(std::chrono::milliseconds value)
{
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(value).count()) + " s";
}

std::string circumstances(const error_report& report)
{
    std::string text = wording(report.outcome);
    if (report.status != 0 && report.code.category() != service_category() &&
        report.code.category() != intermediary_category()) {
        text += "; status " + std::to_string(report.status);
    }
    if (report.retry_after) {
        text += "; retry after " + in_seconds(*report.retry_after);
    }
    if (!report.request_id.empty()) {
        text += "; request id " + printable_text(report.request_id, longest_request_id);
    }
    if (!report.attempts.empty()) {
        text += "; " + std::to_string(report.attempts.size());
        text += report.attempts.size() == 1 ? " attempt" : " attempts";
    }
    const end_reason reason = report.ended_because;
    if (reason == end_reason::not_repeatable || reason == end_reason::budget_exhausted ||
        reason == end_reason::deadline) {
        text += std::string{"; "} + to_string(reason);
    }
    return text;
}

std::string compose(const error_report& report)
{
    std::string line;
    if (!report.operation.empty()) {
        line = report.operation + ": ";
    }
    if (report.message.empty()) {
        line += headline(report);
    } else {
        line += is_headed(report) ? report.message : headline(report) + ": " + report.message;
    }
    if (!report.operation.empty() || !report.attempts.empty()) {
        line += " (" + circumstances(report) + ")";
    }
    return line;
}

std::shared_ptr<const error_report> freeze(error_report report)
{
    report.message = redact_keys(redact_session_ids(printable_text(report.message, longest_message)));
    report.what = redact_session_ids(compose(report));
    return std::make_shared<const error_report>(std::move(report));
}

error_report simple_report(boost::system::error_code code, std::string message)
{
    error_report report;
    report.code = code;
    report.message = std::move(message);
    return report;
}

} // namespace

const error_report& report_of(const error& made) noexcept
{
    return *made.report_;
}

void throw_error(const error& made)
{
    if (made.cause()) {
        try {
            std::rethrow_exception(made.cause());
        } catch (...) {
            std::throw_with_nested(made);
        }
    }
    throw made; // NOLINT(misc-throw-by-value-catch-by-reference): a copy is thrown
}

void throw_interrupted(const char* operation, boost::system::error_code code, outcome effect)
{
    throw make_error(code, operation, {}, end_reason::cancelled, effect);
}

std::string describe_exception(const std::exception_ptr& thrown)
{
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& known) {
        return printable_text(known.what(), longest_cause);
    } catch (...) {
        return "an exception not derived from std::exception";
    }
}

namespace {

error error_of(const std::exception_ptr& thrown)
{
    try {
        std::rethrow_exception(thrown);
    } catch (const error& known) {
        return known;
    } catch (const boost::system::system_error& known) {
        return {known.code(), known.what()};
    } catch (const std::bad_alloc& known) {
        return {make_error_code(boost::system::errc::not_enough_memory), known.what()};
    } catch (...) {
        error_report report;
        report.code = errc::callback_failed;
        report.message = describe_exception(thrown);
        report.cause = thrown;
        return make_error(std::move(report));
    }
}

} // namespace

boost::system::error_code code_of(const std::exception_ptr& thrown, error* diagnostics) noexcept
{
    if (!thrown) {
        return {};
    }
    try {
        const error failure = error_of(thrown);
        if (diagnostics != nullptr) {
            *diagnostics = failure;
        }
        return failure.code();
    } catch (const std::bad_alloc&) {
        // Out of memory for a message, so only the code is reported.
        return make_error_code(boost::system::errc::not_enough_memory);
    }
}

error make_error(error_report report)
{
    return error{freeze(std::move(report))};
}

error make_error(boost::system::error_code code, const char* operation, std::string message, end_reason why,
                 outcome effect)
{
    error_report report = simple_report(code, std::move(message));
    report.operation = operation;
    report.outcome = effect;
    report.ended_because = why;
    return make_error(std::move(report));
}

std::string redact_session_ids(std::string text)
{
    return shorten_digits(std::move(text), "sess_", 9, 8);
}

} // namespace detail

const char* to_string(end_reason value) noexcept
{
    switch (value) {
    case end_reason::permanent: return "permanent";
    case end_reason::not_repeatable: return "not repeatable";
    case end_reason::attempts_exhausted: return "attempts exhausted";
    case end_reason::budget_exhausted: return "retry budget exhausted";
    case end_reason::deadline: return "no time left to retry";
    case end_reason::policy: return "the caller's policy";
    case end_reason::cancelled: return "cancelled";
    case end_reason::client_closed: return "client closed";
    }
    return "";
}

std::ostream& operator<<(std::ostream& os, end_reason value)
{
    return os << to_string(value);
}

error::error() : error(boost::system::error_code{}, {}) {}

error::error(boost::system::error_code code, std::string message)
    : error(detail::freeze(detail::simple_report(code, std::move(message))))
{
}

error::error(std::shared_ptr<const detail::error_report> report)
    : system_error(report->code), report_(std::move(report))
{
}

error::error(const error&) noexcept = default;
error& error::operator=(const error&) noexcept = default;
error::~error() = default;

const char* error::what() const noexcept
{
    return report_->what.c_str();
}

outcome error::outcome() const noexcept
{
    return report_->outcome;
}

const std::string& error::operation() const noexcept
{
    return report_->operation;
}

const std::string& error::message() const noexcept
{
    return report_->message;
}

unsigned error::status() const noexcept
{
    return report_->status;
}

const std::string& error::service_code() const noexcept
{
    return report_->service_code;
}

const std::string& error::service_message() const noexcept
{
    return report_->service_message;
}

const boost::json::value& error::details() const noexcept
{
    return report_->details;
}

const std::string& error::request_id() const noexcept
{
    return report_->request_id;
}

const std::string& error::location() const noexcept
{
    return report_->location;
}

std::optional<std::chrono::milliseconds> error::retry_after() const noexcept
{
    return report_->retry_after;
}

const std::vector<attempt>& error::attempts() const noexcept
{
    return report_->attempts;
}

const std::exception_ptr& error::cause() const noexcept
{
    return report_->cause;
}

end_reason error::ended_because() const noexcept
{
    return report_->ended_because;
}

void throw_exception_from_error(const error& failure, const boost::source_location&)
{
    throw failure; // NOLINT(misc-throw-by-value-catch-by-reference): a copy is thrown
}

} // namespace sipher
