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

/// The current state of a live session, and its due tasks. Pure decisions: times of `clock::boot_now` are passed in, as
/// are numbers in [0, 1) that spread the actions of many sessions.
class live_state {
public:
    using time_point = clock::time_point;
    using duration = std::chrono::nanoseconds;
    enum class task { none, replace, check };

    /// @param known Must outlive this.
    live_state(const known_sessions& known, session_defaults wanted, const live_session_options& options);

    /// The current session, and the defaults for requests.
    [[nodiscard]] created_session current() const { return {held_, value_}; }
    [[nodiscard]] bool is_usable(time_point now) const;
    /// Whether there has been a session.
    [[nodiscard]] bool has_any() const noexcept { return held_ != nullptr; }
    /// The error of the last failed create, until one succeeds.
    [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
    /// When another create may begin while there is no usable session.
    [[nodiscard]] time_point not_before() const { return schedule_.not_before(); }

    /// @param wanted A caller waits for a usable session.
    [[nodiscard]] task next(time_point now, bool wanted);
    [[nodiscard]] time_point next_due(time_point now, bool wanted) const;
    [[nodiscard]] bool is_renewal_due(time_point now) const { return schedule_.is_renewal_due(now); }

    void adopt(created_session known);
    void begin(time_point now, double random);
    /// Installs a new session and leaves the previous one in `made`.
    [[nodiscard]] replacement_event replace(created_session& made, session_defaults wanted, bool updates,
                                            time_point now, double along);
    [[nodiscard]] replacement_event fail(const error& why, bool updates, time_point now, double random);
    /// Checks against the session on the service (empty: unknown there). False: it has to be replaced.
    [[nodiscard]] bool check(const std::optional<session>& response, time_point now);
    /// Applies an update of the session itself; false if its defaults then differ from the wanted ones.
    [[nodiscard]] bool update(const session_defaults& changes, const session_defaults& stored);
    void invalidate(replacement_reason why);
    [[nodiscard]] std::shared_ptr<owned_session> stop() noexcept { return std::move(held_); }

private:
    [[nodiscard]] replacement_event event(bool updates, time_point now) const;
    [[nodiscard]] duration life_left(const session_id& id, time_point now) const;

    const known_sessions& known_;
    /// Assumed lifetime of a session if the service does not state it.
    const duration usual_life_;
    live_schedule schedule_;
    std::shared_ptr<owned_session> held_;
    session value_;
    /// The defaults as the service returned them: it may add or omit some.
    session_defaults stored_;
    /// Why the session must no longer be used.
    std::optional<replacement_reason> invalid_because_;
    /// Replace it even if no caller waits for that.
    bool replace_soon_ = false;
    std::optional<error> failure_;
};

} // namespace sipher::detail
