#pragma once

#include <version>

#ifdef __cpp_lib_format

#include <sipher/attempt.hpp>
#include <sipher/call_options.hpp>
#include <sipher/client_options.hpp>
#include <sipher/enumerations.hpp>
#include <sipher/error.hpp>
#include <sipher/error_code.hpp>
#include <sipher/live_session.hpp>
#include <sipher/observer.hpp>
#include <sipher/secret.hpp>
#include <sipher/session.hpp>
#include <sipher/session_id.hpp>
#include <sipher/verb.hpp>

#include <concepts>
#include <format>
#include <sstream>
#include <string_view>

namespace sipher::detail {

template <class Value, class... Values>
concept one_of = (std::same_as<Value, Values> || ...);

template <class Value>
concept printed = one_of<Value, authentication_scheme, backend, call_priority, chain, close_reason, condition,
                         deleted_session, end_reason, errc, outcome, phase, privacy_level, rate_pacing,
                         replacement_reason, rpc_provider, secret, session, session_defaults, session_id, verb>;

} // namespace sipher::detail

/// With a standard library that has `std::format`, values are formatted as `operator<<` writes them, with the format
/// specification of a string.
template <sipher::detail::printed Value>
struct std::formatter<Value> : std::formatter<std::string_view> {
    template <class Context>
    auto format(const Value& value, Context& context) const
    {
        std::ostringstream text;
        text << value;
        return std::formatter<std::string_view>::format(text.view(), context);
    }
};

#endif
