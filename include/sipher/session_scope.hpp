#pragma once

#include <sipher/client.hpp>
#include <sipher/config.hpp>
#include <sipher/session.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace sipher {

namespace detail {
class owned_session;

/// Whether it is the exception that Asio throws into a cancelled coroutine, as opposed to one of the user's own.
[[nodiscard]] SIPHER_API bool is_interruption(const std::exception_ptr& thrown);
/// For a scope that was cancelled between two steps.
[[noreturn]] SIPHER_API void throw_scope_cancelled();
} // namespace detail

/// A session that is deleted at the end of its scope, however the scope is left.
///
/// The destructor does not wait: the client deletes the session in the background, on its own executor, retrying for at
/// most `grace`, and stays alive that long. `client::shutdown` waits for that, and deletes the sessions of remaining
/// scopes. A client that was shut down cannot delete it, nor can one whose execution context is destroyed or no longer
/// run; the session then ends at its `expires_at`.
///
/// Thread safety: distinct objects are independent; one object must not be used from several threads at a time, except
/// through `get`.
class SIPHER_API session_scope {
public:
    /// No session.
    session_scope() noexcept;
    /// Takes over an existing session.
    /// `grace` limits the delete, retries included; zero means no limit.
    /// @throws error with `errc::invalid_request` for an empty session or a moved-from client.
    session_scope(client owner, session value, std::chrono::milliseconds grace = std::chrono::seconds{5});
    session_scope(session_scope&&) noexcept;
    session_scope& operator=(session_scope&&) noexcept;
    session_scope(const session_scope&) = delete;
    session_scope& operator=(const session_scope&) = delete;
    ~session_scope();

    /// Creates a session and takes it over.
    ///
    /// Arguments are taken by value. `time_to_live` is as for `client::create_session`.
    /// Idempotency and retry: none, as `client::create_session`.
    /// Cancellation: every type, at any time. The create continues in the background, and its session is deleted.
    /// Errors: as `client::create_session`.
    /// Thread safety: may be called from any thread.
    [[nodiscard]] static boost::asio::awaitable<session_scope> open(
        client owner, session_defaults defaults, std::chrono::seconds time_to_live = {},
        std::chrono::milliseconds grace = std::chrono::seconds{5});

    [[nodiscard]] const session& get() const noexcept { return value_; }

    /// Deletes the session now and waits for the delete; the scope is empty afterwards. A session already gone is no
    /// error.
    ///
    /// Idempotency and retry: may be called again.
    /// Cancellation: stops the waiting; the delete continues.
    /// Errors: as `client::delete_session` but for `not_found`; `operation_aborted` when cancelled. After an error the
    /// scope is empty too, and only `client::shutdown` retries the delete.
    /// Thread safety: one object must not be used from several threads at a time.
    [[nodiscard]] boost::asio::awaitable<void> close();

private:
    session_scope(std::shared_ptr<detail::owned_session> owned, session value);

    std::shared_ptr<detail::owned_session> owned_;
    session value_;
};

/// Creates a session, runs `body` under it, and deletes it on every way out: return, exception, cancellation.
///
///     auto body = [&](sipher::session session) -> asio::awaitable<void> { … };
///     co_await sipher::with_session(client, defaults, 10min, body);
///
/// (Name the lambda, as here: GCC 12 destroys one with captures twice if it is a temporary in a `co_await` expression.)
///
/// Returns the result of `body`. An exception from `body` is rethrown; a failed delete never hides it, and is not
/// reported either: the session then ends at its `expires_at`. `body` may run operations concurrently. A bare
/// `operation_aborted` that Asio throws into a cancelled `body` becomes an `error` with the same code.
/// Arguments are taken by value, including `body`.
/// `grace` limits the delete, retries included; zero means no limit.
/// Idempotency and retry: the create is not repeated unless it is proven not applied.
/// Cancellation: passed on to `body`; the session is then deleted in the background, without waiting. The same before
/// `body` has begun: a create in progress continues, and its session is deleted.
/// Errors: as `client::create_session`, then those of `body`.
/// Thread safety: may be called from any thread.
template <class Body>
[[nodiscard]] std::invoke_result_t<Body&, session> with_session(client owner, session_defaults defaults,
                                                                std::chrono::seconds time_to_live, Body body,
                                                                std::chrono::milliseconds grace = std::chrono::seconds{
                                                                    5})
{
    using value = typename std::invoke_result_t<Body&, session>::value_type;
    using kept = std::conditional_t<std::is_void_v<value>, std::monostate, value>;
    session_scope scope = co_await session_scope::open(std::move(owner), std::move(defaults), time_to_live, grace);
    const boost::asio::cancellation_state before = co_await boost::asio::this_coro::cancellation_state;
    if (before.cancelled() != boost::asio::cancellation_type::none) {
        detail::throw_scope_cancelled();
    }
    std::exception_ptr thrown;
    std::optional<kept> given;
    try {
        if constexpr (std::is_void_v<value>) {
            co_await std::invoke(body, scope.get());
        } else {
            given = co_await std::invoke(body, scope.get());
        }
    } catch (...) {
        thrown = std::current_exception();
    }
    // A cancelled coroutine cannot wait; the scope's destructor does the rest.
    const boost::asio::cancellation_state state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() == boost::asio::cancellation_type::none) {
        try {
            co_await scope.close();
        } catch (...) { // NOLINT(bugprone-empty-catch)
        }
    } else if (detail::is_interruption(thrown)) {
        detail::throw_scope_cancelled();
    }
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    if constexpr (!std::is_void_v<value>) {
        co_return std::move(*given);
    }
}

} // namespace sipher
