// Agents that share one rate limit, in virtual time: who gets how much of it, and who waits how long.
#include "ratelimit/rate_gate_core.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <numeric>
#include <vector>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;

constexpr unsigned limit = 100;
constexpr auto window = 60s;

struct agent {
    queue_place place;
    std::size_t calls_at_a_time = 1;
    /// Between the end of a call and the next one.
    std::chrono::milliseconds pause{};
    unsigned served = 0;
    std::chrono::nanoseconds longest_wait{};
};

struct waiting_call : gate_waiter {
    waiting_call(agent& owner, clock::time_point came)
        : gate_waiter(owner.place, clock::time_point::max()), whose(owner), since_when(came)
    {
    }

    agent& whose;
    const clock::time_point since_when;
};

/// A service with fixed windows and the gate of a client in front of it; the responses come at once.
class shared_limit {
public:
    ~shared_limit()
    {
        while (gate_.dismiss() != nullptr) {
        }
    }

    agent& add(const queue_place& place, std::size_t calls_at_a_time, std::chrono::milliseconds pause = 0ms)
    {
        agent& made = agents.emplace_back();
        made.place = place;
        made.calls_at_a_time = calls_at_a_time;
        made.pause = pause;
        for (std::size_t i = 0; i < calls_at_a_time; ++i) {
            due_.push_back({now_ + pause * i / calls_at_a_time, &made});
        }
        return made;
    }

    void run(std::chrono::seconds time)
    {
        const clock::time_point end = now_ + time;
        for (; now_ < end; now_ += 10ms) {
            start_calls();
            while (gate_waiter* const released = gate_.release(now_)) {
                auto& call = static_cast<waiting_call&>(*released);
                if (gate_.pass(true, now_)) {
                    send(call.whose, call.since_when);
                } else {
                    ASSERT_FALSE(gate_.enter(call, true, now_));
                }
            }
        }
    }

    std::deque<agent> agents;
    unsigned refused = 0;

private:
    struct start {
        clock::time_point when;
        agent* who;
    };

    void start_calls()
    {
        std::vector<start> ready;
        std::erase_if(due_, [&](const start& each) {
            if (each.when > now_) {
                return false;
            }
            ready.push_back(each);
            return true;
        });
        for (const start& each : ready) {
            if (gate_.free_from() <= now_ && gate_.pass(false, now_)) {
                send(*each.who, now_);
            } else {
                ASSERT_FALSE(gate_.enter(calls_.emplace_back(*each.who, now_), false, now_));
            }
        }
    }

    void send(agent& who, clock::time_point since)
    {
        if (now_ >= window_ends_) {
            window_ends_ = now_ + window;
            left_ = limit;
        }
        rate_gate_core::lesson observed;
        observed.refused = left_ == 0;
        left_ -= left_ == 0 ? 0 : 1;
        refused += observed.refused ? 1 : 0;
        rate_limit_state& state = observed.policies.emplace_back().state;
        state.limit = limit;
        state.remaining = left_;
        state.window = window;
        state.reset = std::chrono::ceil<std::chrono::seconds>(window_ends_ - now_);
        if (observed.refused) {
            observed.retry_after = *state.reset;
        }
        observed.sent = now_;
        gate_.learn(observed, now_);
        who.served += observed.refused ? 0 : 1;
        who.longest_wait = std::max<std::chrono::nanoseconds>(who.longest_wait, now_ - since);
        due_.push_back({now_ + who.pause, &who});
    }

    clock::time_point now_ = clock::time_point{} + 1h;
    rate_gate_core gate_{{true, false}, std::make_shared<random_source>(1)};
    std::deque<waiting_call> calls_;
    std::deque<start> due_;
    clock::time_point window_ends_ = clock::time_point::min();
    unsigned left_ = 0;
};

/// (Σx)² / (n · Σx²): 1 where all have the same, 1/n where one has all.
double jain_index(const std::deque<agent>& agents, std::size_t first)
{
    double sum = 0;
    double squares = 0;
    for (std::size_t i = first; i < agents.size(); ++i) {
        sum += agents[i].served;
        squares += double(agents[i].served) * agents[i].served;
    }
    return sum * sum / (static_cast<double>(agents.size() - first) * squares);
}

TEST(gate_fairness, one_of_fifty_agents_who_is_greedy_does_not_hold_up_the_others)
{
    shared_limit limited;
    limited.add({urgency::normal, 1}, 100);
    for (std::uint64_t flow = 2; flow <= 50; ++flow) {
        limited.add({urgency::normal, flow}, 1);
    }
    limited.run(20 * window);
    const double index = jain_index(limited.agents, 1);
    RecordProperty("jain_index", std::to_string(index));
    RecordProperty("greedy_served", static_cast<int>(limited.agents.front().served));
    RecordProperty("another_served", static_cast<int>(limited.agents.back().served));
    EXPECT_GE(index, 0.95);
    // What came at the same time in the first window went unasked.
    EXPECT_LE(limited.agents.front().served, limited.agents.back().served + limit);
    EXPECT_EQ(limited.refused, 0U);
}

TEST(gate_fairness, an_interactive_call_waits_for_one_window_and_its_slot_at_most)
{
    shared_limit limited;
    limited.add({urgency::background, 1}, 500);
    for (std::uint64_t flow = 2; flow <= 50; ++flow) {
        limited.add({urgency::normal, flow}, 10);
    }
    const agent& person = limited.add({urgency::interactive, 99}, 1, 7s);
    limited.run(20 * window);
    RecordProperty("longest_wait_ms", static_cast<int>(person.longest_wait / 1ms));
    EXPECT_GT(person.served, 50U);
    EXPECT_LE(person.longest_wait, window + 600ms);
}

TEST(gate_fairness, the_background_gets_a_twenty_first_of_what_is_let_go)
{
    shared_limit limited;
    const agent& background = limited.add({urgency::background, 1}, 1);
    limited.add({urgency::normal, 2}, 100);
    limited.add({urgency::interactive, 3}, 100);
    limited.run(42 * window);
    unsigned all = 0;
    for (const agent& each : limited.agents) {
        all += each.served;
    }
    RecordProperty("background_served", static_cast<int>(background.served));
    RecordProperty("all_served", static_cast<int>(all));
    EXPECT_GE(background.served, all / 21 - 5);
    // 21 slots of 0.6 s, and a closure that comes in between.
    EXPECT_LE(background.longest_wait, 21 * window / limit + window);
}

} // namespace
} // namespace sipher::detail
