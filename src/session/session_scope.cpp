#include <sipher/session_scope.hpp>

#include "client/operations.hpp"
#include "client/with_outcome.hpp"
#include "session/in_background.hpp"
#include "session/owned_sessions.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>

#include <exception>
#include <typeinfo>
#include <utility>

namespace sipher {

namespace {

std::shared_ptr<detail::owned_session> own(const client& owner, const session& value, std::chrono::milliseconds grace)
{
    const auto handle = detail::handle_of(owner);
    detail::require_client(handle);
    detail::require(value.id != session_id{}, "session", "must not be empty");
    detail::validate_duration(grace, "grace");
    return detail::owned_sessions::own(handle, value.id, grace);
}

boost::asio::awaitable<void> remove(std::shared_ptr<detail::owned_session> owned)
{
    if (owned) {
        co_await detail::with_outcome(owned->remove(), "delete_session", outcome::unknown);
    }
}

} // namespace

session_scope::session_scope() noexcept = default;

session_scope::session_scope(client owner, session value, std::chrono::milliseconds grace)
    : session_scope(own(owner, value, grace), std::move(value))
{
}

session_scope::session_scope(std::shared_ptr<detail::owned_session> owned, session value)
    : owned_(std::move(owned)), value_(std::move(value))
{
}

session_scope::session_scope(session_scope&&) noexcept = default;
session_scope& session_scope::operator=(session_scope&&) noexcept = default;
session_scope::~session_scope() = default;

boost::asio::awaitable<session_scope> session_scope::open(client owner, session_defaults defaults,
                                                          std::chrono::seconds time_to_live,
                                                          std::chrono::milliseconds grace)
{
    const auto handle = detail::handle_of(owner);
    detail::require_client(handle);
    detail::validate_duration(grace, "grace");
    auto creating =
        detail::owned_sessions::create(handle, detail::made_for::user, std::move(defaults), time_to_live, grace, {});
    auto made = co_await detail::with_outcome(detail::in_background(handle, std::move(creating), "create_session"),
                                              "create_session", outcome::unknown);
    co_return session_scope{std::move(made.held), std::move(made.value)};
}

boost::asio::awaitable<void> session_scope::close()
{
    return remove(std::move(owned_));
}

bool detail::is_interruption(const std::exception_ptr& thrown)
{
    try {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    } catch (const boost::system::system_error& failure) {
        const bool is_bare = typeid(failure) == typeid(boost::system::system_error) ||
                             typeid(failure) == typeid(boost::wrapexcept<boost::system::system_error>);
        return is_bare && failure.code() == boost::asio::error::operation_aborted;
    } catch (...) { // NOLINT(bugprone-empty-catch)
    }
    return false;
}

void detail::throw_scope_cancelled()
{
    throw_interrupted("with_session", boost::asio::error::operation_aborted, outcome::unknown);
}

} // namespace sipher
