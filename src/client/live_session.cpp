#include <sipher/live_session.hpp>

#include "client/client_access.hpp"
#include "client/live_core.hpp"
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

/// An empty one is refused where it is awaited.
asio::awaitable<boost::json::value> refuse_empty()
{
    detail::live_core::require(nullptr);
    co_return nullptr;
}

} // namespace

class live_session::ownership {
public:
    explicit ownership(std::shared_ptr<detail::live_core> core) : core_(std::move(core)) {}
    ownership(const ownership&) = delete;
    ownership& operator=(const ownership&) = delete;
    ~ownership() { core_->stop(); }

private:
    const std::shared_ptr<detail::live_core> core_;
};

live_session::live_session(std::shared_ptr<detail::live_core> core)
    : core_(std::move(core)), ownership_(std::make_shared<const ownership>(core_))
{
}

asio::awaitable<live_session> live_session::start(client owner, session_defaults defaults, live_session_options options)
{
    detail::validate_defaults(defaults);
    detail::validate_time_to_live(options.time_to_live);
    detail::validate_duration(options.check_every, "check_every");
    detail::validate_duration(options.timeout, "timeout");
    live_session made{
        std::make_shared<detail::live_core>(detail::handle_of(owner), std::move(defaults), std::move(options))};
    co_await detail::with_outcome(detail::live_core::start(made.core_), "live_session", outcome::unknown);
    co_return made;
}

asio::awaitable<boost::json::value> live_session::request(verb method, std::string target, boost::json::value body,
                                                          call_options options) const
{
    if (!core_) {
        return refuse_empty();
    }
    options.session = *this;
    return detail::request(core_->owner()->services(),
                           {method, std::move(target), std::move(body), std::move(options)});
}

asio::awaitable<boost::json::value> live_session::request(verb method, std::string target, call_options options) const
{
    if (!core_) {
        return refuse_empty();
    }
    options.session = *this;
    return detail::request(core_->owner()->services(), {method, std::move(target), std::nullopt, std::move(options)});
}

asio::awaitable<session> live_session::update(session_defaults changes, call_options options) const
{
    return detail::with_outcome(detail::live_core::update(core_, std::move(changes), std::move(options)),
                                "update_session", outcome::unknown);
}

asio::awaitable<session> live_session::verify(call_options options) const
{
    return detail::with_outcome(detail::live_core::verify(core_, std::move(options)), "get_session", outcome::unknown);
}

asio::awaitable<void> live_session::close() const
{
    return detail::with_outcome(detail::live_core::close(core_), "delete_session", outcome::unknown);
}

session_defaults live_session::defaults() const
{
    detail::live_core::require(core_);
    return core_->defaults();
}

session_id live_session::id() const
{
    detail::live_core::require(core_);
    return core_->id();
}

applied_session::applied_session(const live_session& live)
    : applied_session(state{live.id(), {}, {}, false, live.core_, {}})
{
}

} // namespace sipher
