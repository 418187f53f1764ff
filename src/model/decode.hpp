#pragma once

#include <sipher/error.hpp>
#include <sipher/session.hpp>

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace sipher::detail {

/// Why a JSON value is not as expected; `to_string` gives `data.expiresAt: expected integer, got string`.
struct decode_error {
    std::string path;
    std::string message;

    [[nodiscard]] std::string to_string() const { return path.empty() ? message : path + ": " + message; }
};

template <class T>
using decoded = boost::system::result<T, decode_error>;
[[noreturn]] void throw_exception_from_error(const decode_error& failure, const boost::source_location& where);

/// Each decodes `in`, which is at `path` of the whole document (empty: the document itself).
[[nodiscard]] decoded<std::string_view> decode_text(const boost::json::value& in, std::string_view path);
[[nodiscard]] decoded<session_id> decode_session_id(const boost::json::value& in, std::string_view path);
[[nodiscard]] decoded<session_defaults> decode_defaults(const boost::json::value& in, std::string_view path);
[[nodiscard]] decoded<session> decode_session(const boost::json::value& in, std::string_view path);
[[nodiscard]] decoded<deleted_session> decode_deleted(const boost::json::value& in, std::string_view path);

/// The service's error codes that affect decisions.
enum class service_code {
    other,
    /// `SESSION_NOT_FOUND`, `SESSION_EXPIRED`
    session_gone,
    /// `SERVICE_UNAVAILABLE`: it shuts down or cannot count quotas, and did nothing.
    unavailable,
    /// `DAILY_QUOTA_EXCEEDED`
    daily_quota,
};

/// The content of a JSON error response, in any of its forms.
struct service_error {
    std::string code;
    service_code known = service_code::other;
    /// One human-readable line; never empty.
    std::string message;
    /// `error.message` alone.
    std::string service_message;
    /// `error.details`; in a response without `error`, its `data`.
    boost::json::value details;
    /// `error.retryable`.
    bool retryable = false;
};

[[nodiscard]] service_error decode_service_error(unsigned status, const boost::json::value& document);

} // namespace sipher::detail
