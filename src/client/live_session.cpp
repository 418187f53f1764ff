#include <sipher/live_session.hpp>

#include "client/live_actor.hpp"
#include "client/operations.hpp"
#include "client/with_outcome.hpp"
#include "values/validation.hpp"

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

std::shared_ptr<detail::live_actor> make_actor(const client& owner, session_defaults defaults,
                                               live_session_options options)
{
    auto handle = detail::handle_of(owner);
    detail::require_client(handle);
    detail::validate_defaults(defaults);
    validate(options);
    return std::make_shared<detail::live_actor>(std::move(handle), std::move(defaults), std::move(options));
}

asio::awaitable<boost::json::value> send(const live_session& live, const std::shared_ptr<detail::live_actor>& actor,
                                         detail::outgoing_request wanted)
{
    if (!actor) {
        return detail::request(nullptr, std::move(wanted)); // refused where it is awaited
    }
    wanted.options.session = live;
    return detail::request(actor->owner()->services(), std::move(wanted));
}

} // namespace

/// The last handle to go stops the actor, which others may still hold.
live_session::live_session(std::shared_ptr<detail::live_actor> actor)
    : actor_(actor.get(), [actor](detail::live_actor* stopped) { stopped->stop(); })
{
}

asio::awaitable<live_session> live_session::start(client owner, session_defaults defaults, live_session_options options)
{
    live_session made{make_actor(owner, std::move(defaults), std::move(options))};
    co_await detail::with_outcome(detail::live_actor::start(made.actor_), "live_session", outcome::unknown);
    co_return made;
}

asio::awaitable<live_session> live_session::adopt(client owner, session known, live_session_options options)
{
    if (known.id == session_id{}) {
        detail::throw_invalid("session", "must not be an empty one");
    }
    live_session made{make_actor(owner, known.defaults, std::move(options))};
    co_await detail::with_outcome(detail::live_actor::adopt(made.actor_, std::move(known)), "live_session",
                                  outcome::unknown);
    co_return made;
}

asio::awaitable<boost::json::value> live_session::request(verb method, std::string target, boost::json::value body,
                                                          call_options options) const
{
    return send(*this, actor_, {method, std::move(target), std::move(body), std::move(options)});
}

asio::awaitable<boost::json::value> live_session::request(verb method, std::string target, call_options options) const
{
    return send(*this, actor_, {method, std::move(target), std::nullopt, std::move(options)});
}

asio::awaitable<session> live_session::update(session_defaults changes, call_options options) const
{
    return detail::with_outcome(detail::live_actor::update(actor_, std::move(changes), std::move(options)),
                                "update_session", outcome::unknown);
}

asio::awaitable<session> live_session::verify(call_options options) const
{
    return detail::with_outcome(detail::live_actor::verify(actor_, std::move(options)), "get_session",
                                outcome::unknown);
}

asio::awaitable<void> live_session::close() const
{
    return detail::with_outcome(detail::live_actor::close(actor_), "delete_session", outcome::unknown);
}

session live_session::release() const
{
    return detail::live_actor::require(actor_).release();
}

session live_session::current() const
{
    return detail::live_actor::require(actor_).current();
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
    : applied_session(state{live.id(), {}, {}, false, live.actor_->self(), {}})
{
}

} // namespace sipher
