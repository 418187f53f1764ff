#pragma once

#include "client/client_handle.hpp"
#include "runtime/sleep_list.hpp"
#include "runtime/timer_queue.hpp"
#include "session/live_state.hpp"

#include <sipher/live_session.hpp>

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sipher::detail {

/// Tasks of a live session: `use` waits for a usable session.
enum class live_task { use, verify, update, replace };

/// A caller's order and its result.
struct live_order {
    explicit live_order(live_task asked) : what(asked) {}

    [[nodiscard]] bool is_abandoned() const noexcept { return !is_own && interest.expired(); }

    live_task what;
    session_defaults changes;
    call_options options;
    response_info info;
    clock::time_point deadline = clock::time_point::max();
    /// Expires when no caller waits for the order.
    std::weak_ptr<const void> interest;
    /// The live session's own, for which nobody waits.
    bool is_own = false;
    // The members below are guarded by the live session's mutex.
    bool begun = false;
    /// Its own request is in progress, which ends by itself at the deadline.
    bool sent = false;
    /// What its requests may have done so far.
    outcome effect = outcome::not_sent;
    bool done = false;
    std::exception_ptr failure;
    created_session given;
};

/// The shared part of all copies of a `live_session`: the state, and the orders to the only coroutine that changes it,
/// the `live_actor`, which exists only while there is something to do.
///
/// Thread safety: all members may be called from any thread.
class shared_live_session final : public timer_target {
public:
    using pointer = std::shared_ptr<shared_live_session>;
    using order = std::shared_ptr<live_order>;

    shared_live_session(std::shared_ptr<client_handle> owner, session_defaults defaults, live_session_options options);
    ~shared_live_session() override;

    /// Waits for a usable session.
    [[nodiscard]] static boost::asio::awaitable<created_session> acquire(pointer self, clock::time_point deadline);
    /// Fills in the session and the defaults of a request; `under` must live until completion.
    [[nodiscard]] static boost::asio::awaitable<void> resolve(pointer self, applied_session& under,
                                                              clock::time_point deadline);
    /// Places an order, waits for it and returns the resulting session.
    [[nodiscard]] static boost::asio::awaitable<created_session> place(pointer self, order placed,
                                                                       call_options options);
    void adopt(session known);
    /// Stops replacements.
    std::shared_ptr<owned_session> stop() noexcept;

    [[nodiscard]] session current() const;
    [[nodiscard]] call_options own_options() const;
    [[nodiscard]] const std::shared_ptr<client_handle>& owner() const noexcept { return owner_; }
    [[nodiscard]] pointer self() { return std::static_pointer_cast<shared_live_session>(shared_from_this()); }

    void on_timer() override { start_running(); }

private:
    friend class live_actor;

    using interest_in_order = std::shared_ptr<const void>;

    [[nodiscard]] std::optional<created_session> use_now();
    /// False: it was stopped.
    [[nodiscard]] bool enqueue(const order& placed);
    /// Null if it is done; otherwise what to wait for. Whoever no longer waits loses interest before it throws.
    [[nodiscard]] std::shared_ptr<sleep_list> wait_for(const live_order& placed, interest_in_order& interest,
                                                       clock::time_point& until);
    void wake_up(const live_order& placed, interest_in_order& interest, const std::shared_ptr<sleep_list>& from,
                 boost::system::error_code code);
    void start_running() noexcept;
    /// The actor's next order; null: the actor ends, and a timer is set for the next due task.
    [[nodiscard]] order take();
    [[nodiscard]] client_state& client() const noexcept { return *owner_->state(); }
    [[nodiscard]] clock::time_point boot_now() const noexcept { return client().boot_now(); }
    // These require the mutex to be held.
    void throw_if_stopped(outcome so_far) const;
    [[nodiscard]] order take_own(clock::time_point now);
    /// Ends the waits whose deadline is before `until`, without a session.
    void end_uses(const std::optional<error>& failure, clock::time_point until);
    void end(live_order& ended, const std::exception_ptr& failure);
    void notify_waiting() noexcept;

    const std::shared_ptr<client_handle> owner_;
    const live_session_options options_;
    mutable std::mutex mutex_;
    live_state state_;
    std::deque<order> orders_;
    /// The callers waiting for orders, if any.
    std::shared_ptr<sleep_list> waiting_;
    bool running_ = false;
    bool stopped_ = false;
};

} // namespace sipher::detail
