// The request of a call: the same in each of its attempts.
#pragma once

#include "call/client_state.hpp"
#include "call/response_reading.hpp"
#include "retry/operation_kind.hpp"

#include <sipher/call_options.hpp>
#include <sipher/session_id.hpp>
#include <sipher/verb.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sipher::detail {

/// The options that a call keeps: null if all are defaults, as usual. Clears the caller's `response_info`.
[[nodiscard]] std::unique_ptr<const call_options> keep_options(call_options options);

/// The deadline of a call with these options that begins now.
[[nodiscard]] clock::time_point deadline_of(const call_options& options, const timeout_options& timeouts,
                                            clock::time_point now);

/// Unset: the call's waits count towards its total time.
[[nodiscard]] std::optional<std::chrono::milliseconds> queue_timeout_of(const call_options& options,
                                                                        const timeout_options& timeouts);

/// The end of such a call if its waits take as long as they may.
[[nodiscard]] clock::time_point latest_end_of(const call_options& options, const timeout_options& timeouts,
                                              clock::time_point now);

/// The content sent in each attempt.
struct request_message {
    request_message() = default;

    verb method = verb::get;
    /// Path and query, without the base URL's prefix and without the id of `subject`.
    std::string target;
    /// JSON text; empty: no body.
    std::string body;
    /// The session that the request is about, if any: the last segment of its path. (Kept as an id, it needs no
    /// allocation.)
    std::optional<session_id> subject;
};

/// The complete path and query, without the base URL's prefix.
[[nodiscard]] std::string target_of(const request_message& message);

struct call_request {
    /// Throws `sipher::error` if an option breaks a rule.
    /// @param asked_decoder Must outlive the call.
    /// @param kept_options Null: the client's.
    call_request(std::shared_ptr<client_state> of_client, operation asked, request_message asked_message,
                 result_decoder& asked_decoder, std::unique_ptr<const call_options> kept_options);
    call_request(const call_request&) = delete;
    call_request& operator=(const call_request&) = delete;
    ~call_request();

    [[nodiscard]] const retry_options& retry() const noexcept
    {
        return options.retry ? *options.retry : client->options.retry;
    }

    /// The request id of the first attempt: the caller's, or a new one.
    [[nodiscard]] std::string make_request_id() const;
    [[nodiscard]] caller by() const noexcept { return what.cleans_up ? caller::library : caller::user; }
    /// Its place in queues.
    [[nodiscard]] queue_place place() const noexcept;
    /// Why the applied session is known to be gone; empty if it is not.
    [[nodiscard]] std::string_view why_session_is_gone() const;

    const std::shared_ptr<client_state> client;
    const operation what;
    request_message message;
    result_decoder& decoder;
    const std::unique_ptr<const call_options> own_options;
    const call_options& options;
};

} // namespace sipher::detail
