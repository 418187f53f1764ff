#include <sipher/live_session.hpp>

#include "client/operations.hpp"
#include "client/with_outcome.hpp"
#include "options/validation.hpp"
#include "session/shared_live_session.hpp"

#include <ostream>
#include <utility>

namespace sipher {

namespace asio = boost::asio;

const char* to_string(replacement_reason value) noexcept
{
    switch (value) {
    case replacement_reason::expiring: return "expiring";
    case replacement_reason::lost: return "lost";
    case replacement_reason::changed: return "changed";
    }
    return "unknown";
}

std::ostream& operator<<(std::ostream& os, replacement_reason value)
{
    return os << to_string(value);
}

namespace {

void validate(const live_session_options& options)
{
    detail::validate_time_to_live(options.time_to_live);
    detail::validate_duration(options.check_every, "check_every");
    detail::validate_duration(options.timeout, "timeout");
}

std::shared_ptr<detail::shared_live_session> make_live(const client& owner, session_defaults defaults,
                                                       live_session_options options)
{
    auto handle = detail::handle_of(owner);
    detail::require_client(handle);
    detail::validate_defaults(defaults);
    validate(options);
    return std::make_shared<detail::shared_live_session>(std::move(handle), std::move(defaults), std::move(options));
}

asio::awaitable<session> order(std::shared_ptr<detail::shared_live_session> shared, detail::live_task what,
                               session_defaults changes, call_options options)
{
    detail::require_client(shared);
    detail::validate_defaults(changes);
    const auto placed = std::make_shared<detail::live_order>(what);
    placed->changes = std::move(changes);
    detail::created_session given = co_await detail::shared_live_session::place(shared, placed, std::move(options));
    co_return std::move(given.value);
}

asio::awaitable<void> end(std::shared_ptr<detail::shared_live_session> shared)
{
    const auto last = detail::require_client(shared).stop();
    // Otherwise the last request under it deletes it when it ends.
    if (last && last.use_count() == 1) {
        co_await last->remove();
    }
}

} // namespace

/// The last handle stops the shared part on destruction, which other code may still hold.
live_session::live_session(std::shared_ptr<detail::shared_live_session> shared)
    : shared_(shared.get(), [shared](detail::shared_live_session* stopped) { stopped->stop(); })
{
}

asio::awaitable<live_session> live_session::start(client owner, session_defaults defaults, live_session_options options)
{
    live_session made{make_live(owner, std::move(defaults), std::move(options))};
    call_options unlimited;
    unlimited.total_timeout = std::chrono::milliseconds{};
    auto first = detail::shared_live_session::place(
        made.shared_, std::make_shared<detail::live_order>(detail::live_task::replace), std::move(unlimited));
    co_await detail::with_outcome(std::move(first), "live_session", outcome::unknown);
    co_return made;
}

asio::awaitable<live_session> live_session::adopt(client owner, session known, live_session_options options)
{
    detail::require(known.id != session_id{}, "session", "must not be empty");
    live_session made{make_live(owner, known.defaults, std::move(options))};
    const session_id id = known.id;
    made.shared_->adopt(std::move(known));
    try {
        co_await made.verify(made.shared_->own_options());
    } catch (...) {
        // The session does not belong to this client yet, but one that has replaced it does.
        if (const auto last = made.shared_->stop(); last && last->id == id) {
            last->release();
        }
        throw;
    }
    co_return made;
}

asio::awaitable<boost::json::value> live_session::request(verb method, std::string target, boost::json::value body,
                                                          call_options options) const
{
    return detail::request_under(*this, {method, std::move(target), std::move(body), std::move(options)});
}

asio::awaitable<boost::json::value> live_session::request(verb method, std::string target, call_options options) const
{
    return detail::request_under(*this, {method, std::move(target), std::nullopt, std::move(options)});
}

asio::awaitable<session> live_session::update(session_defaults changes, call_options options) const
{
    return detail::with_outcome(order(shared_, detail::live_task::update, std::move(changes), std::move(options)),
                                "update_session", outcome::unknown);
}

asio::awaitable<session> live_session::verify(call_options options) const
{
    return detail::with_outcome(order(shared_, detail::live_task::verify, {}, std::move(options)), "get_session",
                                outcome::unknown);
}

asio::awaitable<void> live_session::close() const
{
    return detail::with_outcome(end(shared_), "delete_session", outcome::unknown);
}

session live_session::release() const
{
    const auto last = detail::require_client(shared_).stop();
    if (!last) {
        throw error{errc::session_gone, "the live session was closed"};
    }
    last->release();
    return shared_->current();
}

session live_session::current() const
{
    return detail::require_client(shared_).current();
}

session_defaults live_session::defaults() const
{
    return current().defaults;
}

session_id live_session::id() const
{
    return current().id;
}

applied_session::applied_session(const live_session& live)
    : applied_session(state{live.id(), {}, {}, false, live.shared_->self(), {}})
{
}

} // namespace sipher
