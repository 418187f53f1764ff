#pragma once

#include "ratelimit/quota_sharing.hpp"

#include <sipher/clock.hpp>
#include <sipher/response_info.hpp>

#include <chrono>
#include <optional>

namespace sipher::detail {

/// The gate does not stay closed for longer than this without trying again.
constexpr std::chrono::milliseconds longest_closure = std::chrono::hours{1};

/// The known state of one window of the service's rate limit: the remaining requests and the time of renewal.
///
/// The remaining count is decremented with every request sent, so that requests in progress are included. Responses
/// only correct it downwards, because they may arrive out of order. A response to a request sent after the last report
/// cannot contradict that report, unless the service counts in several places, as behind several addresses of an edge,
/// or its window slides. Such a window is distrusted for a time, during which only refusals count.
///
/// Pure decisions: the time is passed in.
class rate_window {
public:
    /// @param sent_before Requests sent before the window was known.
    explicit rate_window(unsigned sent_before) noexcept : uncounted_(sent_before) {}

    /// A quota for which the client has the service's complete account: the remaining requests and the time until
    /// renewal, which then recurs. `reserve` of the remaining requests are for those that must not fail.
    struct account {
        unsigned limit = 0;
        unsigned remaining = 0;
        unsigned reserve = 0;
        std::chrono::seconds length{};
        std::chrono::nanoseconds renewed_in{};
    };
    void set(const account& reported, clock::time_point now) noexcept;

    [[nodiscard]] bool is_account() const noexcept { return is_account_; }

    struct balance {
        unsigned limit = 0;
        unsigned remaining = 0;
        unsigned reserve = 0;
        clock::time_point renewed_at;
    };
    /// The balance of an account; all zeros for other windows.
    [[nodiscard]] balance balance_at(clock::time_point now) const noexcept;

    /// Learns from the response to a request sent at `sent`.
    void learn(const rate_limit_state& reported, clock::time_point sent, clock::time_point now);

    /// The service has refused a request and reopens at `when`.
    void refuse_until(clock::time_point when) noexcept;

    /// Counts a request that is about to be sent.
    void count(clock::time_point now) noexcept;
    /// Takes back the count of a sent request: the service does not count failed ones.
    void discount() noexcept;

    /// The end of a used-up window; otherwise `min()`.
    [[nodiscard]] clock::time_point closed_until() const noexcept
    {
        return used_up_ ? ends_ : clock::time_point::min();
    }
    /// The same for requests that may use the reserve.
    [[nodiscard]] clock::time_point reserve_closed_until() const noexcept
    {
        return remaining_ == 0U ? ends_ : clock::time_point::min();
    }

    /// Pause before the next request so that the remaining ones last: when shared with other clients, or always if
    /// `paces`.
    [[nodiscard]] std::chrono::nanoseconds pause(clock::time_point now, bool paces) const noexcept;

    /// The interval between requests that use the limit evenly or, for a paced account, its remainder; zero if unknown,
    /// or if too long for spacing.
    [[nodiscard]] std::chrono::nanoseconds spacing(clock::time_point now, bool paces) const noexcept;

    /// Empty if unknown at present.
    [[nodiscard]] std::optional<unsigned> remaining(clock::time_point now) const noexcept
    {
        return now < ends_ ? remaining_ : std::nullopt;
    }

private:
    void begin(unsigned remaining) noexcept;
    void go_on(unsigned remaining) noexcept;
    void distrust(clock::time_point now) noexcept;
    void renew(clock::time_point now) noexcept;
    [[nodiscard]] bool may_have_ended(clock::time_point now) const noexcept;

    std::optional<unsigned> limit_;
    std::chrono::seconds length_{60};
    std::optional<unsigned> remaining_;
    /// The window ends between these two times, by the service's reports; the later one is used.
    clock::time_point ends_not_before_ = clock::time_point::min();
    clock::time_point ends_ = clock::time_point::min();
    bool used_up_ = false;
    /// The window is an account.
    bool is_account_ = false;
    unsigned reserve_ = 0;
    /// When the service last reported, and the lowest remaining count reported.
    clock::time_point heard_at_ = clock::time_point::min();
    unsigned least_reported_ = 0;
    clock::time_point distrusted_until_ = clock::time_point::min();
    /// The client's own requests sent before the window was known, less those that responses have accounted for since.
    unsigned uncounted_;
    quota_sharing sharing_;
};

} // namespace sipher::detail
