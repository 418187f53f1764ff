#pragma once

#include <sipher/error.hpp>
#include <sipher/session.hpp>

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace sipher::detail {

/// Why a JSON value is not what was expected; `to_string` gives `data.expiresAt: expected integer, got string`.
struct decode_error {
    std::string path;
    std::string problem;

    [[nodiscard]] std::string to_string() const { return path.empty() ? problem : path + ": " + problem; }
};

template <class T>
using decoded = boost::system::result<T, decode_error>;
[[noreturn]] void throw_exception_from_error(const decode_error& failure, const boost::source_location& where);

/// Each decodes `in`, which stands at `path` of the whole document (empty: it is the document).
[[nodiscard]] decoded<std::string_view> decode_text(const boost::json::value& in, std::string_view path);
[[nodiscard]] decoded<session_id> decode_session_id(const boost::json::value& in, std::string_view path);
[[nodiscard]] decoded<session_defaults> decode_defaults(const boost::json::value& in, std::string_view path);
[[nodiscard]] decoded<session> decode_session(const boost::json::value& in, std::string_view path);
[[nodiscard]] decoded<deleted_session> decode_deleted(const boost::json::value& in, std::string_view path);

/// The `data` member of a success envelope.
[[nodiscard]] decoded<const boost::json::value*> envelope_data(const boost::json::value& document);

/// What an error answer says, in whatever form it came: the service's envelope, another JSON, HTML, or nothing.
struct service_error {
    std::string code;
    /// For people, one line; never empty.
    std::string message;
    /// `error.message` alone.
    std::string service_message;
    /// `error.details`; in an answer without `error`, its `data`.
    boost::json::value details;
    /// `error.retryable`.
    bool retryable = false;
    /// The body was a JSON object, so the service's application made it and not a gateway or the HTTP server.
    bool is_json = false;
};

[[nodiscard]] service_error decode_service_error(unsigned status, std::string_view body);

} // namespace sipher::detail
