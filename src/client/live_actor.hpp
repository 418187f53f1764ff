#pragma once

#include "client/live_core.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>

namespace sipher::detail {

/// The one coroutine that makes, updates and reads a live session: one order after the other, and what the state says
/// is due, until there is nothing to do.
class live_actor {
public:
    [[nodiscard]] static boost::asio::awaitable<void> run(live_core::pointer core);

private:
    using order = live_core::order;

    explicit live_actor(live_core& core) : core_(core), services_(core.owner_->services()) {}

    [[nodiscard]] boost::asio::awaitable<void> perform(order taken);
    [[nodiscard]] boost::asio::awaitable<void> verify(order taken);
    [[nodiscard]] boost::asio::awaitable<void> update(order taken);
    [[nodiscard]] boost::asio::awaitable<void> replace(session_defaults wanted, order taken);
    [[nodiscard]] bool begin_request(live_order& taken, bool may) const;
    [[nodiscard]] bool end_update(live_order& taken, const session* answer, outcome effect) const;
    void publish(created_session made, session_defaults wanted, const live_order& by) const;
    void fail(const error& why, const live_order& by) const;
    void notify(const replacement_event& event) const noexcept;

    live_core& core_;
    const std::shared_ptr<call_services> services_;
};

} // namespace sipher::detail
