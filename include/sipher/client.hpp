#pragma once

#include <sipher/call_options.hpp>
#include <sipher/client_options.hpp>
#include <sipher/client_stats.hpp>
#include <sipher/config.hpp>
#include <sipher/session.hpp>
#include <sipher/usage.hpp>
#include <sipher/verb.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace sipher {

class client;

/// How a client was shut down.
struct SIPHER_API shutdown_report {
    shutdown_report() = default;

    /// Sessions of scopes and live sessions (adopted ones included) whose delete failed, was too late or is uncertain.
    /// They end at their `expires_at`. Sessions of a plain `create_session` are not tracked.
    std::vector<session_id> sessions_left;
};

static_assert(!std::is_aggregate_v<shutdown_report>);

namespace detail {
class client_handle;
std::shared_ptr<client_handle> handle_of(const client& owner);
} // namespace detail

/// A client of the Sipher Sessions API: a cheap, copyable handle to shared connections.
///
/// Make one and share it; to use several cores, make one per thread, each with a context of its own. When the last copy
/// is destroyed, calls in progress complete with `errc::client_closed` and all connections close, without waiting.
///
/// Executors: the client's own work runs on the executor passed to the constructor. A call may be awaited on that or
/// any other executor, and resumes on the executor of the awaiting coroutine. Nothing completes inline.
///
/// Thread safety: all members may be called from any thread at the same time, and every copy shares the same state;
/// assigning to or destroying a handle object while another thread uses that same object is not safe.
///
/// Order of destruction: the client, its execution context and its callers' contexts may be destroyed in any order.
/// Destroying its own context closes the client: calls on other contexts complete with `errc::client_closed`, and calls
/// on the destroyed context are destroyed with it, as Asio's own operations are. While the client's own context is
/// being destroyed, threads of other contexts may be in the middle of calls, provided that no calls wait on the
/// destroyed context and no scopes or live sessions are in use. (Asio's strands must not outlive their context; if the
/// client was given a strand, destroy the client first.)
///
/// Fork: a child process must not use the client. It may destroy its copy of a client that no other thread was using,
/// which leaves the parent's connections intact, or execute a program, which inherits no descriptor.
///
/// The following applies to every awaiting member below:
///
/// - **Retry**: a transient failure of a request proven not applied is retried, whatever the operation (see
///   `retry_options`).
/// - **Cancellation** follows Asio's per-operation rules. `terminal` and `partial` are always honoured, `total` until
///   the first byte of a request has been written (Asio's coroutines let only `terminal` through by default). The call
///   ends at once: its completion is posted to its executor, with `boost::asio::error::operation_aborted` and the
///   outcome so far; a connection that was writing or reading for it is closed, one being established is kept for other
///   calls, and the client stays usable.
/// - **Errors** are of type `sipher::error`. Every call can fail with `errc::invalid_request` (an argument or option),
///   `session_gone` (`call_options::session`), `callback_failed` (a callback in the options threw), `client_closed`,
///   `deadline_exceeded`, `pool_timeout` and `pool_overloaded` (no connection free), `rate_limited` and
///   `quota_exhausted` (limits), `resolve_failed`, `connect_failed`, `proxy_failed`, `tls_handshake_failed`,
///   `tls_verify_failed`, `write_failed`, `no_response`, `attempt_timeout`, `incomplete_header`, `incomplete_body`,
///   `protocol_error` and `desynchronized` (transport), and `bad_payload` (an unreadable success response). A refusal
///   by the service is its HTTP status in `service_category()`: `condition::unauthorized` (401), `forbidden` (403, a
///   tier without sessions), `rate_limited` (429), `server_error` (5xx), `timeout` (408). A response from anything else
///   is its HTTP status in `intermediary_category()`.
/// - **Out of memory**: `std::bad_alloc`, or `std::errc::not_enough_memory` in a `sipher::error`. No connection, pool
///   slot or other call is lost. If Asio itself lacks the memory to suspend or resume a coroutine, it destroys that
///   coroutine and all that await it; the only sign is `std::bad_alloc` from `run()`, if it happens there. If a strand
///   or a `thread_pool` lacks the memory to continue with its queue, Asio terminates the program.
class SIPHER_API client {
public:
    using executor_type = boost::asio::any_io_executor;

    /// The client does its work on `executor`, which may be multi-threaded. A context without locks
    /// (`BOOST_ASIO_CONCURRENCY_HINT_UNSAFE` and similar) is not supported, because name lookups run on threads that
    /// post to it. A concurrency hint of 1 is supported.
    /// @throws sipher::error with `errc::invalid_request`, naming the offending option.
    explicit client(boost::asio::any_io_executor executor, client_options options = {});

    /// The same for an execution context, such as an `io_context`.
    template <class Context>
    requires std::convertible_to<Context&, boost::asio::execution_context&>
    explicit client(Context& context, client_options options = {})
        : client(boost::asio::any_io_executor{context.get_executor()}, std::move(options))
    {
    }

    /// Creates a session.
    ///
    /// Arguments are taken by value. `time_to_live` is in whole seconds from 60 s to 86 400 s; zero: chosen by
    /// the service (one hour).
    /// Idempotency and retry: none. Retried only when the previous request is proven not applied.
    /// Cancellation: see above; once the request has been sent, the outcome is `unknown` and a session may remain
    /// until it expires.
    /// Errors: see above. A session that was created but whose response was lost or unreadable has the outcome
    /// `applied_result_lost`.
    /// Source: `POST /v1/sessions` of the API's OpenAPI document.
    [[nodiscard]] boost::asio::awaitable<session> create_session(session_defaults defaults,
                                                                 std::chrono::seconds time_to_live = {},
                                                                 call_options options = {}) const;

    /// Reads a session. This moves its `last_accessed_at` and nothing else.
    ///
    /// Arguments are taken by value.
    /// Idempotency and retry: safe; retried on every transient failure.
    /// Cancellation: see above; nothing can be left changed.
    /// Errors: see above, and `condition::not_found` when the session is unknown, expired, or another key's.
    /// Source: `GET /v1/sessions/{id}` of the API's OpenAPI document; RFC 9110, 9.3.1.
    [[nodiscard]] boost::asio::awaitable<session> get_session(session_id id, call_options options = {}) const;

    /// Sets defaults of a session. Absent members stay unchanged; a default cannot be unset.
    ///
    /// Arguments are taken by value.
    /// Idempotency and retry: idempotent unless another client writes to the session at the same time; retried on
    /// transient failures unless `retry_options::retry_updates` is off; `response_info::ambiguous_prior_attempt`
    /// reports when an earlier attempt may have been applied too.
    /// Cancellation: see above; after the request was sent, the outcome is `unknown`.
    /// Errors: see above, and `condition::not_found` as for `get_session`.
    /// Source: `PATCH /v1/sessions/{id}` of the API's OpenAPI document; RFC 5789.
    [[nodiscard]] boost::asio::awaitable<session> update_session(session_id id, session_defaults defaults,
                                                                 call_options options = {}) const;

    /// Deletes a session.
    ///
    /// Arguments are taken by value.
    /// Idempotency and retry: idempotent; retried on transient failures. When an earlier attempt of this call may have
    /// been applied, a 404 is success with `deleted_session::already_absent`; a 404 to the first attempt is an error.
    /// Cancellation: see above; after the request was sent, the outcome is `unknown`.
    /// Errors: see above, and `condition::not_found` as for `get_session`.
    /// Source: `DELETE /v1/sessions/{id}` of the API's OpenAPI document; RFC 9110, 9.3.5.
    [[nodiscard]] boost::asio::awaitable<deleted_session> delete_session(session_id id,
                                                                         call_options options = {}) const;

    /// Calls any other endpoint of the service, under a session if `options.session` is set.
    ///
    /// The result is the `data` member of the service's envelope, or the whole body where there is no envelope;
    /// null for a response without a body.
    /// Arguments are taken by value. `target` is a path with an optional query, already percent-encoded, appended
    /// to the base URL's path. Members of `body` always win over the session's defaults.
    /// Idempotency and retry: `get`, `head`, `put` and `delete_` are idempotent and retried on transient failures;
    /// `post` and `patch` are retried only when the previous request is proven not applied.
    /// Cancellation: see above.
    /// Errors: see above, and `errc::session_gone` when the applied session is known to be gone.
    /// Source: the API's OpenAPI document; RFC 9110, 9.2.2.
    [[nodiscard]] boost::asio::awaitable<boost::json::value> request(verb method, std::string target,
                                                                     boost::json::value body,
                                                                     call_options options = {}) const;

    /// The same without a body.
    [[nodiscard]] boost::asio::awaitable<boost::json::value> request(verb method, std::string target,
                                                                     call_options options = {}) const;

    /// Reads how much of its daily quotas the key has used. The request itself is not metered.
    ///
    /// From then on the client counts requests itself, starting from these values: it keeps a reserve, notifies the
    /// observer of thresholds, fails calls at once that could not be sent before their timeout, and, if so configured,
    /// spreads the remainder over the day (`client_options::daily_quota` and `rate_pacing`). If other clients use the
    /// same key, call it now and then.
    ///
    /// Arguments are taken by value.
    /// Idempotency and retry: safe; retried on every transient failure.
    /// Cancellation: see above; nothing can be left changed.
    /// Errors: see above.
    /// Source: `GET /v1/billing/usage` of the service.
    [[nodiscard]] boost::asio::awaitable<sipher::usage> usage(call_options options = {}) const;

    /// Establishes connections before they are needed, so that the first calls do not wait for them.
    ///
    /// Completes when `connections` of them exist, including busy ones and those that existed before. A connection not
    /// used within 25 s is closed, because a service that shuts down waits for such connections for up to 30 s.
    /// The argument is taken by value; zero completes at once.
    /// Idempotency and retry: idempotent. A connection that fails is not retried; calls establish their own when they
    /// need them.
    /// Cancellation: every type that Asio's coroutines let through; connections in progress continue and are kept.
    /// Errors: `errc::invalid_request` when `connections` exceeds `pool.max_connections` or `pool.max_idle`;
    /// `resolve_failed`, `connect_failed`, `proxy_failed`, `tls_handshake_failed` and `tls_verify_failed` of the first
    /// connection that failed, when fewer than requested exist; `client_closed`; `operation_aborted` when cancelled.
    [[nodiscard]] boost::asio::awaitable<void> prewarm(std::size_t connections) const;

    /// Shuts down without leaving sessions behind: rejects new calls, waits for the calls in progress and deletes every
    /// session of `with_session`, `session_scope` and `live_session`, all within `grace`; then closes as destruction
    /// does.
    ///
    /// Calls that have not sent anything yet (waiting for a connection, for the rate limit, or to retry) complete with
    /// `errc::client_closed` at once. Sessions are deleted concurrently, over as many connections as the client may
    /// have and within the service's rate limit: those whose owner has already ended at once, those of
    /// remaining scopes and live sessions as soon as no call is in progress, or after half of `grace` at the latest.
    /// Deletes that failed earlier are retried.
    ///
    /// Returns the sessions left behind, as far as is known.
    /// The argument is taken by value; zero closes at once.
    /// Idempotency and retry: may be called again.
    /// Cancellation: stops the waiting. New calls are still rejected and deletes in progress continue, but connections
    /// stay open until it is called again or the last handle is destroyed.
    /// Errors: `operation_aborted` when cancelled; `errc::invalid_request` for a moved-from client; none for sessions
    /// that could not be deleted.
    boost::asio::awaitable<shutdown_report> shutdown(std::chrono::milliseconds grace) const;

    /// A snapshot of the connections.
    [[nodiscard]] client_stats stats() const;

    /// The executor passed to the constructor.
    [[nodiscard]] executor_type get_executor() const;

private:
    friend std::shared_ptr<detail::client_handle> detail::handle_of(const client& owner);

    std::shared_ptr<detail::client_handle> handle_;
};

} // namespace sipher
