#pragma once

#include "runtime/jitter.hpp"

#include <sipher/clock.hpp>
#include <sipher/response_info.hpp>

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sipher::detail {

/// When the service's rate limit is used up, nobody sends before its window opens again; who waited for that then
/// goes in the order of coming, spread over the window, so that the opening is not met by a storm.
///
/// What is left of the window is counted down with every request that is let pass, so that requests under way are
/// not forgotten; answers correct it downwards only, because they may come out of order. Where it falls faster than
/// that, others use the same quota: the second half of a window is then shared with them, by going slower and by
/// leaving the last few requests, which they may have used already. Decisions without waiting: the time is passed in.
///
/// Thread safety: all members may be called from any thread.
class rate_gate {
public:
    struct rules {
        /// Off: the gate is always open.
        bool enabled = true;
        /// Requests are spread over the window from its beginning, not only once it was used up.
        bool pacing = false;
    };

    rate_gate(rules chosen, std::shared_ptr<jitter> chance) : rules_(chosen), jitter_(std::move(chance)) {}

    /// One request's place in the queue, if it has one. Must not outlive the gate.
    class ticket : public boost::intrusive::list_base_hook<> {
    public:
        explicit ticket(rate_gate& gate) noexcept : gate_(gate) {}
        ticket(const ticket&) = delete;
        ticket& operator=(const ticket&) = delete;
        ~ticket() { gate_.leave(*this); }

    private:
        friend class rate_gate;
        rate_gate& gate_;
        clock::time_point turn_;
        bool queued_ = false;
    };

    /// Whether to go on and get a connection: nothing; else when to ask again.
    [[nodiscard]] std::optional<clock::time_point> wait_until(ticket& mine, clock::time_point now);

    /// The last question before sending, which counts the request. False: the gate has closed in the meantime.
    [[nodiscard]] bool pass(ticket& mine, clock::time_point now);

    /// Takes in what an answer says of the limit. `refused`: it was a 429, with this `Retry-After`.
    /// @return Whether the gate is closed for longer than was told before.
    bool learn(const rate_limit_state& state, bool refused, std::optional<std::chrono::milliseconds> retry_after,
               clock::time_point now);

    /// The moment before which nothing is sent.
    [[nodiscard]] clock::time_point opens_at() const;

private:
    void tell_when_free() noexcept;
    [[nodiscard]] bool is_free(const ticket& mine, clock::time_point now) const;
    void leave(ticket& gone) noexcept;
    void enqueue(ticket& mine);
    void count(clock::time_point now);
    [[nodiscard]] bool is_to_be_shared() const;
    [[nodiscard]] unsigned left_to_others() const;
    void slow_down(clock::time_point now);
    void merge(const rate_limit_state& state, clock::time_point now);
    void close_until(clock::time_point when);
    [[nodiscard]] clock::time_point next_turn();
    [[nodiscard]] std::chrono::nanoseconds spacing() const;

    const rules rules_;
    const std::shared_ptr<jitter> jitter_;
    /// For those who ask without the mutex: from when on everybody is free to go. Nobody waits then.
    std::atomic<clock::time_point::rep> free_from_ = clock::time_point::min().time_since_epoch().count();

    mutable std::mutex mutex_;
    clock::time_point opens_at_ = clock::time_point::min();
    /// The latest of these moments that `learn` has told of.
    clock::time_point told_until_ = clock::time_point::min();
    /// From when on the next one who comes to the queue may have its turn.
    clock::time_point next_slot_ = clock::time_point::min();
    boost::intrusive::list<ticket> queue_;

    /// What is known of the service's window; `remaining` is nothing once the window is over.
    std::optional<unsigned> limit_;
    std::optional<unsigned> remaining_;
    std::chrono::seconds window_{60};
    clock::time_point window_ends_ = clock::time_point::min();
    /// Requests of ours that went before anything was known of the window, less those that answers have shown since.
    unsigned uncounted_ = 0;
    /// Requests of others between two answers of ours, lately.
    unsigned foreign_ = 0;
    /// Others were seen in this window, and in the one before.
    bool shared_ = false;
    bool shared_before_ = false;
    /// The next request goes no sooner, so that what remains lasts.
    clock::time_point paced_until_ = clock::time_point::min();
};

} // namespace sipher::detail
