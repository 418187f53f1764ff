#pragma once

#include "session/shared_live_session.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>

namespace sipher::detail {

/// The only coroutine that creates, updates and reads a live session: it executes the orders one by one, and the tasks
/// due by the state, until there is nothing to do.
class live_actor {
public:
    [[nodiscard]] static boost::asio::awaitable<void> run(shared_live_session::pointer live);

private:
    using order = shared_live_session::order;

    explicit live_actor(shared_live_session& live) : live_(live), client_(live.owner_->state()) {}

    [[nodiscard]] boost::asio::awaitable<void> perform(order taken);
    [[nodiscard]] boost::asio::awaitable<void> verify(order taken);
    [[nodiscard]] boost::asio::awaitable<void> update(order taken);
    [[nodiscard]] boost::asio::awaitable<void> replace(session_defaults wanted, order taken);
    [[nodiscard]] bool begin_request(live_order& taken, bool may) const;
    [[nodiscard]] bool end_update(live_order& taken, const session* response, outcome effect) const;
    void publish(created_session made, session_defaults wanted, live_order& by) const;
    void fail(const error& why, const live_order& by) const;
    void notify(const replacement_event& event) const noexcept;

    shared_live_session& live_;
    const std::shared_ptr<client_state> client_;
};

} // namespace sipher::detail
