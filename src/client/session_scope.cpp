#include <sipher/session_scope.hpp>

#include "client/client_access.hpp"
#include "client/owned_session.hpp"
#include "client/with_outcome.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace sipher {

session_scope::session_scope() noexcept = default;

session_scope::session_scope(client owner, session value, std::chrono::milliseconds grace)
    : session_scope(std::make_shared<detail::owned_session>(detail::handle_of(owner), value, grace), value)
{
}

session_scope::session_scope(std::shared_ptr<detail::owned_session> owned, session value)
    : owned_(std::move(owned)), value_(std::move(value))
{
    // Whatever happens from here on, nothing more is needed for it to be deleted.
    owned_->retire();
}

session_scope::session_scope(session_scope&&) noexcept = default;
session_scope& session_scope::operator=(session_scope&&) noexcept = default;
session_scope::~session_scope() = default;

boost::asio::awaitable<session_scope> session_scope::open(client owner, session_defaults defaults,
                                                          std::chrono::seconds time_to_live,
                                                          std::chrono::milliseconds grace)
{
    std::shared_ptr<detail::owned_session> owned;
    auto creating =
        detail::create_in_background(detail::handle_of(owner), std::move(defaults), time_to_live, grace, owned);
    session made = co_await detail::with_outcome(std::move(creating), "create_session", outcome::unknown);
    co_return session_scope{std::move(owned), std::move(made)};
}

boost::asio::awaitable<void> session_scope::close()
{
    if (const auto owned = std::move(owned_)) {
        co_await detail::with_outcome(owned->remove(), "delete_session", outcome::unknown);
    }
}

void detail::throw_scope_cancelled()
{
    throw_interrupted("with_session", boost::asio::error::operation_aborted, outcome::unknown);
}

} // namespace sipher
