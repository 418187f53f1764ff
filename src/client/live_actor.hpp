#pragma once

#include "client/client_handle.hpp"
#include "client/live_schedule.hpp"
#include "client/owned_sessions.hpp"
#include "runtime/sleep_list.hpp"
#include "runtime/timer_queue.hpp"

#include <sipher/error.hpp>
#include <sipher/live_session.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sipher::detail {

/// What the copies of a `live_session` share.
///
/// Whatever is done to the session (made, updated, read), one coroutine does, `run`, which takes one command after the
/// other and is there only while there is something to do. Those who use the session have a snapshot of it, and wait
/// for the next one where it is of no use any more.
///
/// Thread safety: all members may be called from any thread.
class live_actor final : public timer_target {
public:
    using pointer = std::shared_ptr<live_actor>;

    live_actor(std::shared_ptr<client_handle> owner, session_defaults defaults, live_session_options options);
    ~live_actor() override;

    /// Throws if there is none: the handle is empty, or was moved from.
    static live_actor& require(const pointer& self);
    /// Waits until there is a session.
    [[nodiscard]] static boost::asio::awaitable<void> start(pointer self);
    /// Goes on with one that is there already, if the service still has it as it is given.
    [[nodiscard]] static boost::asio::awaitable<void> adopt(pointer self, session known);
    /// Fills in the session and the defaults that a request is to run under; `under` must live until then.
    [[nodiscard]] static boost::asio::awaitable<void> resolve(pointer self, applied_session& under,
                                                              clock::time_point deadline);
    [[nodiscard]] static boost::asio::awaitable<session> update(pointer self, session_defaults changes,
                                                                call_options options);
    [[nodiscard]] static boost::asio::awaitable<session> verify(pointer self, call_options options);
    [[nodiscard]] static boost::asio::awaitable<void> close(pointer self);

    /// No more replacements; the session goes once nobody uses it.
    void stop() noexcept;
    /// The same, but the session stays.
    session release();

    [[nodiscard]] session current() const;
    [[nodiscard]] const std::shared_ptr<client_handle>& owner() const noexcept { return owner_; }

    [[nodiscard]] pointer self() { return std::static_pointer_cast<live_actor>(shared_from_this()); }
    void on_timer() override;

private:
    enum class task { renew, verify, update };
    struct command {
        explicit command(task asked) : what(asked) {}

        const task what;
        /// Lives as long as somebody waits for it.
        std::weak_ptr<const void> interest;
        session_defaults changes;
        call_options options;
        response_info info;
        // The mutex guards what follows.
        bool begun = false;
        /// Its own request is under way, which ends by itself when time is up.
        bool sent = false;
        bool done = false;
        std::exception_ptr failure;
        /// Of the verification of a session that is as it should be.
        std::optional<session> result;
    };
    using order = std::shared_ptr<command>;

    /// What somebody waits for.
    struct progress {
        std::shared_ptr<sleep_list> changed;
        clock::time_point until;
    };

    /// A session that can be used, and the defaults that requests are to run under.
    [[nodiscard]] static boost::asio::awaitable<created_session> acquire(pointer self, clock::time_point deadline);
    [[nodiscard]] std::optional<created_session> use_current(std::size_t failures_before, progress& waiting);
    /// Has it done and waits for that.
    [[nodiscard]] static boost::asio::awaitable<void> place(pointer self, order placed, call_options options);
    [[nodiscard]] bool is_done(const command& placed, clock::time_point deadline, progress& waiting);
    /// False: it was cancelled.
    [[nodiscard]] static boost::asio::awaitable<bool> wait(pointer self, progress waiting);

    [[nodiscard]] static boost::asio::awaitable<void> run(pointer self);
    [[nodiscard]] static boost::asio::awaitable<void> perform(pointer self, order taken);
    [[nodiscard]] static boost::asio::awaitable<void> replace(pointer self, session_defaults wanted, order taken);
    [[nodiscard]] static boost::asio::awaitable<void> perform_update(pointer self, order taken);
    [[nodiscard]] static boost::asio::awaitable<void> perform_verify(pointer self, order taken);
    /// The next thing to do; without one, the actor rests until one is due.
    [[nodiscard]] order take();
    void finish(const order& done, const std::exception_ptr& failure) noexcept;
    void start_running() noexcept;

    [[nodiscard]] call_services& services() const noexcept { return *owner_->services(); }
    [[nodiscard]] call_options own_options() const;
    [[nodiscard]] std::chrono::nanoseconds life_left(const session_id& id) const;
    [[nodiscard]] bool end_update(const order& taken, const session_defaults& wanted,
                                  const std::optional<session>& answer, const std::exception_ptr& failure);
    void publish(created_session& made, session_defaults wanted, const command& by);
    void note_failure(const error& why, const command& by);
    void notify(const replacement_event& event) const noexcept;
    // With the mutex held.
    void doubt(replacement_reason why);
    void throw_if_stopped() const;
    [[nodiscard]] bool is_usable() const;
    [[nodiscard]] replacement_reason reason(const command& by) const;
    [[nodiscard]] progress next_change(clock::time_point until);
    void release_waiting() noexcept;
    void rest() noexcept;

    const std::shared_ptr<client_handle> owner_;
    const live_session_options options_;

    mutable std::mutex mutex_;
    std::shared_ptr<owned_session> held_;
    /// With the defaults that requests are to run under.
    session value_;
    /// The defaults that the service has said it has: it may add some of its own, or leave some out.
    session_defaults stored_;
    std::deque<order> orders_;
    live_schedule schedule_;
    /// Those who wait for something to change, if there are any.
    std::shared_ptr<sleep_list> changed_;
    /// Why the session is not to be used any more.
    std::optional<replacement_reason> doubt_;
    /// Of the last session that could not be made, until one could.
    std::optional<error> failure_;
    std::size_t failures_ = 0;
    bool needed_ = false;
    bool running_ = false;
    bool stopped_ = false;
};

} // namespace sipher::detail
