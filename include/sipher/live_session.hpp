#pragma once

#include <sipher/call_options.hpp>
#include <sipher/client.hpp>
#include <sipher/config.hpp>
#include <sipher/error.hpp>
#include <sipher/session.hpp>
#include <sipher/verb.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace sipher {

namespace detail {
class shared_live_session;
} // namespace detail

/// Why a live session was replaced.
enum class replacement_reason {
    /// It was about to expire.
    expiring,
    /// The service no longer knew it.
    lost,
    /// Its defaults on the service differed, or may have differed, from the intended ones: another client had updated
    /// it, or one of its own updates ended without a response.
    changed,
};

/// In words, such as `expiring`.
SIPHER_API const char* to_string(replacement_reason value) noexcept;
SIPHER_API std::ostream& operator<<(std::ostream& os, replacement_reason value);

/// A live session was replaced, or the replacement failed.
struct SIPHER_API replacement_event {
    replacement_event() = default;

    replacement_reason reason = replacement_reason::expiring;
    session_id old_id;
    /// Unset if there is none yet.
    std::optional<session_id> new_id;
    /// Why there is none yet. The create is retried until the old session expires, and then on demand, as often as the
    /// backoff allows.
    std::optional<error> failure;
};

struct SIPHER_API live_session_options {
    live_session_options() = default;

    /// Lifetime of each session, from 60 s to 86 400 s. Zero: the service's default (one hour).
    std::chrono::seconds time_to_live{};
    /// Add the defaults to the JSON object of each request (a `post`, `put` or `patch` without a body is sent as an
    /// object of them), so that it means the same whether or not the service still knows the session. Bodies other than
    /// objects are sent unchanged, because the service does not apply defaults to them either. Off: the loss of a
    /// session goes unnoticed, and its requests run under the service's own defaults.
    bool pin_defaults = true;
    /// Interval at which the session is read from the service, and replaced if lost or changed. Each read costs one
    /// request of the key's daily quota for sessions, 2 000 for a pro key: 24 a day for 1 h, 96 for 15 min, 1 440 for 1
    /// min. (A replacement costs two, so `time_to_live` takes about 56 a day for 1 h, 3 for 24 h, 3 400 for 60 s.)
    /// Zero: never; `verify` checks on demand.
    std::chrono::milliseconds check_every{};
    /// Total time of each of its own creates, deletes and checks. (`update` and `verify` have the timeouts of their
    /// options.) Zero: no limit.
    std::chrono::milliseconds timeout{30'000};
    /// Called without locks held, on the client's executor, whenever the session was replaced or a replacement failed,
    /// perhaps still while `close` completes on another thread. Must not hold the live session or its client, which it
    /// would keep alive. Exceptions are swallowed.
    std::function<void(const replacement_event&)> on_replacement;
};

static_assert(!std::is_aggregate_v<replacement_event>);
static_assert(!std::is_aggregate_v<live_session_options>);

/// A session that lasts as long as it is needed: it is replaced before it expires, or once it proves lost.
///
/// It is a cheap, copyable handle; all copies are the same live session. Requests under it run under its defaults and
/// no others. It is replaced after 80 to 90 % of its life (the first one after 30 to 90 %, so that many started
/// together are not renewed together), by one create at a time; requests in progress finish under the old one, which is
/// deleted after the last of them. When the last copy is destroyed, the session is deleted in the background;
/// `client::shutdown` waits for that. It keeps a copy of the client.
///
/// While there is no usable session, the first three creates are sent without delay; each later one waits for a backoff
/// that doubles from 1 s to 60 s (plus up to half at random), whatever the service responds, until a created session
/// has stayed usable for more than two such waits, at least 2 s. A session is changed if its defaults on the service
/// are not those that its create, or the last update, returned.
///
/// It cannot prevent other holders of the key and the id from setting a member that its defaults leave open; `verify`
/// and `check_every` detect that.
///
/// Thread safety: all members may be called from any thread at the same time; assigning to or destroying an object
/// while another thread uses that same object is not safe.
class SIPHER_API live_session {
public:
    /// Empty; can only be assigned to.
    live_session() = default;

    /// Creates the first session.
    ///
    /// Arguments are taken by value.
    /// Idempotency and retry: none, as `client::create_session`.
    /// Cancellation: every type, at any time. A create in progress continues, and its session is deleted.
    /// Errors: as `client::create_session`, and `errc::invalid_request`, naming the offending option.
    [[nodiscard]] static boost::asio::awaitable<live_session> start(client owner, session_defaults defaults,
                                                                    live_session_options options = {});

    /// Continues with an existing session, such as the one that an agent had before its process was restarted. It is
    /// read once from the service; if it is lost, or its defaults differ from those of `known`, it is replaced by a new
    /// one with the defaults of `known`.
    ///
    /// The live session owns it from then on, and deletes it like its own.
    /// Arguments are taken by value.
    /// Idempotency and retry: as `start` if a new session is needed, else as `client::get_session`.
    /// Cancellation: every type, at any time; the session of `known` then stays on the service, unless it has been
    /// replaced.
    /// Errors: as `client::get_session` but for `not_found`, and as `start`; the session of `known` then stays, too.
    /// `errc::invalid_request` for an empty session.
    [[nodiscard]] static boost::asio::awaitable<live_session> adopt(client owner, session known,
                                                                    live_session_options options = {});

    /// Calls an endpoint under the session, as `client::request` does; waits for a new session if there is none at
    /// present. `options.session` is replaced.
    ///
    /// Arguments are taken by value.
    /// Idempotency and retry: as `client::request`.
    /// Cancellation: as `client::request`; a replacement in progress continues.
    /// Errors: as `client::request`; when there is no session, the error of the create that failed, with `not_sent`
    /// and, in `retry_after`, the time until the next create; it fails at once if that is after the call's deadline;
    /// `errc::session_gone` after `close` or `release`, `errc::invalid_request` if empty.
    [[nodiscard]] boost::asio::awaitable<boost::json::value> request(verb method, std::string target,
                                                                     boost::json::value body,
                                                                     call_options options = {}) const;
    /// The same without a body.
    [[nodiscard]] boost::asio::awaitable<boost::json::value> request(verb method, std::string target,
                                                                     call_options options = {}) const;

    /// Sets defaults, for this session and all its replacements. Absent members stay unchanged.
    ///
    /// Arguments are taken by value. Returns the updated session.
    /// Idempotency and retry: as `client::update_session`. A session that the service has lost is replaced by one with
    /// the new defaults. An update that fails changes nothing: where it may have been applied, the session is replaced.
    /// Requests that begin while it is in progress run under the old defaults.
    /// Cancellation: every type, at any time; the defaults are then the old ones, unless the update was just being
    /// completed (outcome `unknown`; `defaults` tells). The update in progress continues (so callbacks in `options`
    /// must not refer to the caller's frame); if it is applied, the session is replaced. Errors: as
    /// `client::update_session` but for `not_found`, and as `request`.
    [[nodiscard]] boost::asio::awaitable<session> update(session_defaults changes, call_options options = {}) const;

    /// Reads the session from the service, and replaces it if it is lost or its defaults are not the intended ones.
    ///
    /// Arguments are taken by value.
    /// Idempotency and retry: as `client::get_session`.
    /// Cancellation: every type, at any time; an operation in progress continues.
    /// Errors: as `client::get_session` but for `not_found`, and as `request`.
    [[nodiscard]] boost::asio::awaitable<session> verify(call_options options = {}) const;

    /// Ends it for all copies: no more replacements, and the session is deleted once requests in progress have ended.
    /// Waits for that delete unless such a request delays it.
    ///
    /// Idempotency and retry: may be called again.
    /// Cancellation: stops the waiting; the delete continues.
    /// Errors: as `client::delete_session` but for `not_found`; `operation_aborted` when cancelled.
    [[nodiscard]] boost::asio::awaitable<void> close() const;

    /// Ends it for all copies as `close` does, but leaves the session on the service, to be adopted later (`adopt`),
    /// even by another process. Returns the session to store.
    /// @throws error with `errc::session_gone` after `close`, `errc::invalid_request` if empty.
    session release() const;

    /// The current session, with the defaults that requests run under; it may be replaced at any time.
    [[nodiscard]] session current() const;
    /// The defaults of `current`.
    [[nodiscard]] session_defaults defaults() const;
    /// The id of `current`.
    [[nodiscard]] session_id id() const;
    /// Whether it is empty: default-constructed or moved from.
    [[nodiscard]] bool empty() const noexcept { return shared_ == nullptr; }

private:
    friend class applied_session;

    explicit live_session(std::shared_ptr<detail::shared_live_session> shared);

    /// Destroying the last copy ends the live session.
    std::shared_ptr<detail::shared_live_session> shared_;
};

} // namespace sipher
