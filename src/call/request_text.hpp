#pragma once

#include "values/base_url.hpp"

#include <sipher/call_options.hpp>
#include <sipher/client_options.hpp>
#include <sipher/verb.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sipher::detail {

/// One request, ready to be written down.
struct request_message {
    request_message() = default;

    verb method = verb::get;
    /// Path and query, without the base URL's prefix.
    std::string target;
    /// JSON text; empty: there is none.
    std::string body;
    /// The session that the request is about, if it is about one.
    std::optional<session_id> subject;
};

/// Writes the request as one HTTP/1.1 message into `out`, replacing what was there.
/// @param key Of this attempt; empty: none.
void write_request_text(std::string& out, const request_message& message, const client_options& options,
                        const base_url& url, const call_options& call, const secret& key, std::string_view request_id);

} // namespace sipher::detail
