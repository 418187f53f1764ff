#pragma once

#include "client/client_handle.hpp"
#include "client/owned_session.hpp"
#include "runtime/sleep_list.hpp"
#include "runtime/timer_queue.hpp"

#include <sipher/live_session.hpp>

#include <boost/asio/awaitable.hpp>

#include <sipher/error.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sipher::detail {

/// What the copies of a `live_session` share.
///
/// One thing at a time is done to the session (made, updated, read): whoever does it has the `right` to, and who needs
/// its outcome waits for the right to end. Making a session runs in the background, so that nobody who is cancelled
/// takes it from the others.
///
/// Thread safety: all members may be called from any thread.
class live_core final : public timer_target {
public:
    live_core(std::shared_ptr<client_handle> owner, session_defaults defaults, live_session_options options);
    ~live_core() override;

    using pointer = std::shared_ptr<live_core>;

    /// @throws error if there is none: the handle is empty, or was moved from.
    static void require(const pointer& self);
    /// Waits until there is a session.
    [[nodiscard]] static boost::asio::awaitable<void> start(pointer self);
    /// Fills in the session and the defaults that a request is to run under; `under` must live until then.
    [[nodiscard]] static boost::asio::awaitable<void> resolve(pointer self, applied_session& under,
                                                              clock::time_point deadline);
    [[nodiscard]] static boost::asio::awaitable<session> update(pointer self, session_defaults changes,
                                                                call_options options);
    [[nodiscard]] static boost::asio::awaitable<session> verify(pointer self, call_options options);
    [[nodiscard]] static boost::asio::awaitable<void> close(pointer self);

    /// No more replacements; the session goes once nobody uses it.
    void stop() noexcept;

    [[nodiscard]] session_defaults defaults() const;
    [[nodiscard]] session_id id() const;
    [[nodiscard]] const std::shared_ptr<client_handle>& owner() const noexcept { return owner_; }

    void on_timer() override;

private:
    class right;
    /// A session that can be used, and what is intended to hold under it.
    struct usable {
        std::shared_ptr<owned_session> held;
        session value;
    };

    [[nodiscard]] static boost::asio::awaitable<usable> acquire(pointer self, clock::time_point deadline);
    [[nodiscard]] static boost::asio::awaitable<right> take_right(pointer self, clock::time_point deadline);
    [[nodiscard]] static boost::asio::awaitable<void> wait(pointer self, std::shared_ptr<sleep_list> ended,
                                                           clock::time_point deadline);
    [[nodiscard]] static boost::asio::awaitable<session> replace_for(right mine, session_defaults wanted,
                                                                     clock::time_point deadline);
    /// The same after an update that was applied, so that its failure does not mean that nothing has happened.
    [[nodiscard]] static boost::asio::awaitable<session> replace_updated(right mine, session_defaults wanted,
                                                                         clock::time_point deadline);
    /// A session in the making, and what became of it.
    struct order {
        session_defaults wanted;
        replacement_reason why = replacement_reason::expiring;
        // The mutex guards what follows.
        /// Of an update whose caller was told that nothing changes: what is made is not used.
        bool given_up = false;
        std::optional<session> made;
        std::optional<error> failure;
    };

    [[nodiscard]] static boost::asio::awaitable<void> make(right mine, std::shared_ptr<order> what);
    [[nodiscard]] static boost::asio::awaitable<void> check(pointer self);
    static std::shared_ptr<order> spawn_make(right mine, session_defaults wanted, replacement_reason why);

    [[nodiscard]] std::shared_ptr<live_core> self() { return std::static_pointer_cast<live_core>(shared_from_this()); }
    [[nodiscard]] call_services& services() const noexcept { return *owner_->services(); }
    [[nodiscard]] call_options own_options() const;
    /// With the mutex held.
    [[nodiscard]] bool is_usable() const;
    [[nodiscard]] usable current() const;
    [[nodiscard]] replacement_reason reason() const;
    void throw_if_stopped() const;

    void took(const session& made, order& what);
    void failed(const error& why_not, order& what);
    void doubt(replacement_reason why);
    void end_right(const std::shared_ptr<sleep_list>& ended) noexcept;
    void arm() noexcept;
    void tell(const replacement_event& event) const noexcept;

    const std::shared_ptr<client_handle> owner_;
    const live_session_options options_;

    mutable std::mutex mutex_;
    session_defaults wanted_;
    session value_;
    std::shared_ptr<owned_session> held_;
    /// Set while somebody has the right; those who wait for its end sleep here.
    std::shared_ptr<sleep_list> right_;
    /// Why the session is not to be used any more.
    std::optional<replacement_reason> doubt_;
    /// Of the last session that could not be made, until one could.
    std::optional<error> failure_;
    bool stopped_ = false;
    clock::time_point renew_at_ = clock::time_point::max();
    clock::time_point check_at_ = clock::time_point::max();
};

/// To do something to the session; ends when it is destroyed.
class live_core::right {
public:
    /// None: what Asio needs to hand over when an awaiting function fails.
    right() noexcept = default;
    right(pointer core, std::shared_ptr<sleep_list> ended) noexcept : core_(std::move(core)), ended_(std::move(ended))
    {
    }
    right(right&&) noexcept = default;
    right& operator=(right&&) = delete;
    ~right()
    {
        if (core_) {
            core_->end_right(ended_);
        }
    }

    [[nodiscard]] const pointer& core() const noexcept { return core_; }
    [[nodiscard]] const std::shared_ptr<sleep_list>& ended() const noexcept { return ended_; }

private:
    pointer core_;
    std::shared_ptr<sleep_list> ended_;
};

} // namespace sipher::detail
