#pragma once

#include "call/known_sessions.hpp"
#include "session/live_schedule.hpp"
#include "session/owned_sessions.hpp"

#include <sipher/error.hpp>
#include <sipher/live_session.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace sipher::detail {

/// What a live session is just now, and what is to be done about it. Decisions without waiting: times, those of
/// `clock::boot_now`, are passed in, and so are numbers from [0, 1) that spread what many do.
class live_state {
public:
    using time_point = clock::time_point;
    using duration = std::chrono::nanoseconds;
    enum class task { none, replace, check };

    /// @param known Must outlive this.
    live_state(const known_sessions& known, session_defaults wanted, const live_session_options& options);

    /// A session that may be used, and the defaults that requests are to run under.
    [[nodiscard]] created_session current() const { return {held_, value_}; }
    [[nodiscard]] bool is_usable(time_point now) const;
    /// There was one.
    [[nodiscard]] bool has_any() const noexcept { return held_ != nullptr; }
    /// Of the last one that could not be made, until one could.
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
    /// When another may be made where there is none that can be used.
    [[nodiscard]] time_point not_before() const { return schedule_.not_before(); }

    /// @param wanted Somebody waits for a session that can be used.
    [[nodiscard]] task next(time_point now, bool wanted);
    [[nodiscard]] time_point next_due(time_point now, bool wanted) const;
    [[nodiscard]] bool is_renewal_due(time_point now) const { return schedule_.is_renewal_due(now); }

    void adopt(created_session known);
    void begin(time_point now, double random);
    /// There is a new one. Takes the place of the one before, which is what is left in `made`.
    [[nodiscard]] replacement_event replace(created_session& made, session_defaults wanted, bool updates,
                                            time_point now, double along);
    [[nodiscard]] replacement_event fail(const error& why, bool updates, time_point now, double random);
    /// The service's word, if it knows the session. False: it has to be replaced.
    [[nodiscard]] bool check(const std::optional<session>& response, time_point now);
    /// An update of the session itself; false if it does not have the defaults then that it is to have.
    [[nodiscard]] bool update(const session_defaults& changes, const session_defaults& stored);
    void invalidate(replacement_reason why);
    [[nodiscard]] std::shared_ptr<owned_session> stop() noexcept { return std::move(held_); }

private:
    [[nodiscard]] replacement_event event(bool updates, time_point now) const;
    [[nodiscard]] duration life_left(const session_id& id, time_point now) const;

    const known_sessions& known_;
    /// Of a session of which the service does not say how long it lives.
    const duration usual_life_;
    live_schedule schedule_;
    std::shared_ptr<owned_session> held_;
    session value_;
    /// The defaults that the service has said it has: it may add some of its own, or leave some out.
    session_defaults stored_;
    /// Why the session is not to be used any more.
    std::optional<replacement_reason> invalid_because_;
    /// It is to be replaced although nobody waits for that.
    bool replace_soon_ = false;
    std::optional<error> failure_;
};

} // namespace sipher::detail
