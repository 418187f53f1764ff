#pragma once

#include "ratelimit/quota_sharing.hpp"

#include <sipher/clock.hpp>
#include <sipher/response_info.hpp>

#include <chrono>
#include <optional>

namespace sipher::detail {

/// The gate does not stay closed for longer than this without asking again.
constexpr std::chrono::milliseconds longest_closure = std::chrono::hours{1};

/// What is known of one window of the service's rate limit: a number of requests and the moment when there are new
/// ones.
///
/// What remains is counted down with every request that leaves, so that requests under way are not forgotten. Responses
/// correct it downwards only, because they may come out of order. A response to a request that left after the last word
/// of the service cannot contradict it, unless the service counts in several places, as behind several addresses of an
/// edge, or its window slides. Such a window is not believed for a time: then only refusals count.
///
/// Decisions without waiting: the time is passed in.
class rate_window {
public:
    /// @param sent_before Requests that left before anything was known of it.
    explicit rate_window(unsigned sent_before) noexcept : uncounted_(sent_before) {}

    /// A quota of which the client has the service's whole account: what remains of it and in how long it is renewed,
    /// as it then is again and again. Of what remains, `reserve` is for requests that must not fail.
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
    /// Of an account; of other windows nothing but zeros.
    [[nodiscard]] balance balance_at(clock::time_point now) const noexcept;

    /// Takes in what the response to a request that left at `sent` says.
    void learn(const rate_limit_state& reported, clock::time_point sent, clock::time_point now);

    /// The service has refused a request and opens again then.
    void refuse_until(clock::time_point when) noexcept;

    /// A request leaves.
    void count(clock::time_point now) noexcept;
    /// One that has left does not count, as the service does it for one that failed.
    void discount() noexcept;

    /// The end of a window that is used up; else `min()`.
    [[nodiscard]] clock::time_point closed_until() const noexcept
    {
        return used_up_ ? ends_ : clock::time_point::min();
    }
    /// The same for requests that may use the reserve.
    [[nodiscard]] clock::time_point reserve_closed_until() const noexcept
    {
        return remaining_ == 0U ? ends_ : clock::time_point::min();
    }

    /// How long not to send, so that what remains lasts: for others too, or, if asked, in any case.
    [[nodiscard]] std::chrono::nanoseconds pause(clock::time_point now, bool paces) const noexcept;

    /// Between two requests that use the limit evenly, or, where an account is to last, what is left of it; zero if
    /// that is not known, or too long to space requests by.
    [[nodiscard]] std::chrono::nanoseconds spacing(clock::time_point now, bool paces) const noexcept;

    [[nodiscard]] std::optional<unsigned> limit() const noexcept { return limit_; }
    /// Nothing if it is not known now.
    [[nodiscard]] std::optional<unsigned> remaining(clock::time_point now) const noexcept
    {
        return now < ends_ ? remaining_ : std::nullopt;
    }

private:
    void begin(unsigned remaining) noexcept;
    void go_on(unsigned remaining) noexcept;
    void disbelieve(clock::time_point now) noexcept;
    void renew(clock::time_point now) noexcept;
    [[nodiscard]] bool may_have_ended(clock::time_point now) const noexcept;

    std::optional<unsigned> limit_;
    std::chrono::seconds length_{60};
    std::optional<unsigned> remaining_;
    /// The window ends between these, as far as the service has said; the later one counts.
    clock::time_point ends_not_before_ = clock::time_point::min();
    clock::time_point ends_ = clock::time_point::min();
    bool used_up_ = false;
    /// Of an account.
    bool is_account_ = false;
    unsigned reserve_ = 0;
    /// When the service was last heard, and the least that it has said to remain.
    clock::time_point heard_at_ = clock::time_point::min();
    unsigned least_reported_ = 0;
    clock::time_point disbelieved_until_ = clock::time_point::min();
    /// Requests of the client's own that left before anything was known, less those that responses have shown since.
    unsigned uncounted_;
    quota_sharing sharing_;
};

} // namespace sipher::detail
