#pragma once

#include "values/base_url.hpp"

#include <sipher/call_options.hpp>
#include <sipher/client_options.hpp>
#include <sipher/verb.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sipher::detail {

/// One request, ready to be written down.
struct request_message {
    request_message() = default;

    verb method = verb::get;
    /// Path and query, without the base URL's prefix and without the id of `subject`.
    std::string target;
    /// JSON text; empty: there is none.
    std::string body;
    /// The session that the request is about, if it is about one: the last segment of its path. (Kept as it is, it
    /// needs no memory of its own.)
    std::optional<session_id> subject;
};

/// Path and query, complete but for the base URL's prefix.
[[nodiscard]] std::string target_of(const request_message& message);

/// Writes the requests of a client. Most of each is the same every time, and was put together once.
class request_writer {
public:
    /// Both must outlive the writer.
    request_writer(const client_options& options, const base_url& url);

    /// Writes the request as one HTTP/1.1 message into `out`, replacing what was there.
    /// @param key Of this attempt; empty: none.
    void write(std::string& out, const request_message& message, const call_options& call, const secret& key,
               std::string_view request_id) const;

private:
    const client_options& options_;
    const base_url& url_;
    const std::size_t usual_size_;
    /// The fields of every request that has none of its own. Empty if there is no such request. It holds the key.
    secret usual_fields_;
};

} // namespace sipher::detail
