#pragma once

#include <sipher/call_options.hpp>
#include <sipher/secret.hpp>
#include <sipher/session.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace sipher::detail {

/// Throws `sipher::error` with `errc::invalid_request` whose message is `<field>: <rule>`.
[[noreturn]] void throw_invalid(std::string_view field, std::string_view rule);
/// The same unless the rule holds.
inline void require(bool holds, std::string_view field, std::string_view rule)
{
    if (!holds) {
        throw_invalid(field, rule);
    }
}
/// Visible ASCII and spaces.
[[nodiscard]] bool is_printable(std::string_view text) noexcept;

/// Zero (left to the service) or 60 s to 86 400 s.
void validate_time_to_live(std::chrono::seconds value);
/// `0x` and at least one hexadecimal digit; the text itself is not repeated in the message.
void validate_defaults(const session_defaults& defaults);
/// RFC 9110 token as name; no CR, LF, NUL or other control character in the value; not one of the fields that the
/// client sets itself. The value is not repeated in the message.
void validate_header(std::string_view name, std::string_view value, std::string_view field);
/// `/path?query` of visible ASCII without a fragment.
void validate_target(std::string_view target);
/// Visible ASCII without spaces, at most 128 characters; empty is one to be made by the client.
void validate_request_id(std::string_view id);
/// Visible ASCII without spaces; the text itself is not repeated in the message.
void validate_api_key(const secret& key, std::string_view field);
/// Zero to 365 days, so that a deadline made of it cannot overflow.
void validate_duration(std::chrono::milliseconds value, std::string_view field);
void validate_call_options(const call_options& options);
void validate_retry(const retry_options& options, std::string_view field);

} // namespace sipher::detail
