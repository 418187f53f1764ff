// A virtual day of a hundred agents behind one key, with the service's limit a minute and its quotas a day. What it
// comes to is printed.
#include "ratelimit/rate_gate_core.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iostream>
#include <memory>
#include <numbers>
#include <random>
#include <string>
#include <vector>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;

constexpr unsigned agents = 100;
constexpr unsigned limit_a_minute = 100;
constexpr std::chrono::seconds day = 24h;
constexpr std::chrono::seconds step = 1s;

enum class shape { steady, working_hours, bursts };

const char* to_string(shape which)
{
    switch (which) {
    case shape::steady: return "steady";
    case shape::working_hours: return "working hours";
    case shape::bursts: return "bursts";
    }
    return "";
}

/// How many requests an agent would like to make in a step, when all want to make four times what the quota allows.
double wanted(shape which, std::chrono::seconds at, unsigned quota)
{
    const double even = 4.0 * quota / agents / (day / step);
    switch (which) {
    case shape::steady: return even;
    case shape::working_hours:
        // Next to nothing at night, most of it around noon.
        return even * std::max(0.02, std::numbers::pi * std::sin(2 * std::numbers::pi *
                                                                 (static_cast<double>(at.count()) / 86400 - 0.25)));
    case shape::bursts: return at % 1h < 6min ? 10 * even : 0;
    }
    return 0;
}

/// The service's account of one category.
struct service {
    explicit service(unsigned quota_a_day) : quota(quota_a_day) {}

    /// Of a request: whether it was served.
    bool serve(clock::time_point now)
    {
        if (now >= window_ends) {
            window_ends = now + 60s;
            left_in_window = limit_a_minute;
        }
        if (left_in_window == 0) {
            ++refused_by_minute;
            return false;
        }
        --left_in_window;
        if (used >= quota) {
            return false;
        }
        ++used;
        return true;
    }

    const unsigned quota;
    unsigned used = 0;
    unsigned refused_by_minute = 0;
    unsigned left_in_window = 0;
    clock::time_point window_ends = clock::time_point::min();
};

struct outcome_of_day {
    unsigned served = 0;
    unsigned failed = 0;
    unsigned refused_before_last_minute = 0;
    unsigned deletes = 0;
    unsigned deletes_failed = 0;
    unsigned renewals = 0;
    unsigned renewals_failed = 0;
    double jain = 0;
    std::chrono::seconds last_served{};
};

/// The two gates of a client, and a service behind them.
class virtual_day {
public:
    virtual_day(unsigned quota, unsigned reserve_percent, bool paces)
        : service_(quota), day_gate_({true, paces}, random_), minute_gate_({true, false}, random_), served_(agents)
    {
        rate_window::account account;
        account.limit = account.remaining = quota;
        account.reserve = quota * reserve_percent / 100;
        account.length = day;
        account.renewed_in = day;
        day_gate_.set(account, start_);
    }
    ~virtual_day()
    {
        while (day_gate_.dismiss() != nullptr) {
        }
        while (minute_gate_.dismiss() != nullptr) {
        }
    }

    outcome_of_day run(shape which)
    {
        std::mt19937_64 random{2026};
        for (std::chrono::seconds at{}; at < day; at += step) {
            now_ = start_ + at;
            const double mean = wanted(which, at, service_.quota) * agents;
            for (int asked = mean > 0 ? std::poisson_distribution{mean}(random) : 0; asked > 0; --asked) {
                ask(static_cast<unsigned>(random() % agents));
            }
            begin_essential(at);
            let_go();
        }
        double sum = 0;
        double squares = 0;
        for (const unsigned each : served_) {
            sum += each;
            squares += double(each) * each;
        }
        result_.jain = sum * sum / (agents * squares);
        return result_;
    }

private:
    /// In the place of an agent's number.
    static constexpr unsigned deletes = agents;
    static constexpr unsigned renewals = agents + 1;

    struct call : gate_waiter {
        call(unsigned whose, clock::time_point until) : gate_waiter({urgency::normal, whose + 1}, until), agent(whose)
        {
        }

        const unsigned agent;
    };

    /// A call with a timeout of five minutes.
    void ask(unsigned agent)
    {
        if (day_gate_.free_from() <= now_) {
            pass_day(agent, false);
            return;
        }
        call& waiting = calls_.emplace_back(agent, now_ + 5min);
        if (day_gate_.enter(waiting, false, now_)) {
            ++result_.failed;
        }
    }

    void let_go()
    {
        gate_waiter_list late;
        while (gate_waiter* const released = day_gate_.release(now_)) {
            pass_day(static_cast<call&>(*released).agent, true);
        }
        while (gate_waiter* const hopeless = day_gate_.refuse_first()) {
            static_cast<void>(hopeless);
            ++result_.failed;
        }
        while (gate_waiter* const released = minute_gate_.release(now_)) {
            pass_minute(static_cast<call&>(*released).agent, true);
        }
    }

    void pass_day(unsigned agent, bool has_turn)
    {
        if (!day_gate_.pass(has_turn, now_)) {
            ++result_.failed;
            return;
        }
        if (minute_gate_.free_from() <= now_) {
            pass_minute(agent, false);
            return;
        }
        call& waiting = calls_.emplace_back(agent, now_ + 5min);
        if (minute_gate_.enter(waiting, false, now_)) {
            day_gate_.discount();
            ++result_.failed;
        }
    }

    void pass_minute(unsigned agent, bool has_turn)
    {
        const bool served = minute_gate_.pass(has_turn, now_) && send();
        if (agent >= agents) {
            end_essential(call{agent, now_}, served);
            return;
        }
        if (served) {
            ++served_[agent];
            ++result_.served;
            result_.last_served = std::chrono::floor<std::chrono::seconds>(now_ - start_);
            return;
        }
        ++result_.failed;
    }

    bool send()
    {
        const bool served = service_.serve(now_);
        rate_gate_core::lesson observed;
        observed.sent = now_;
        rate_limit_state& state = observed.policies.emplace_back().state;
        state.limit = limit_a_minute;
        state.remaining = service_.left_in_window;
        state.window = 60s;
        state.reset = std::chrono::ceil<std::chrono::seconds>(service_.window_ends - now_);
        minute_gate_.learn(observed, now_);
        const bool is_quota = !served && service_.used >= service_.quota;
        result_.refused_before_last_minute += is_quota && now_ < start_ + day - 1min ? 1 : 0;
        return served;
    }

    /// Deletes and renewals, as many as the reserve is meant for. They wait for the minute's limit, but not for the
    /// day's.
    void begin_essential(std::chrono::seconds at)
    {
        const std::chrono::seconds every = day / (service_.quota / 40);
        if (at % every != 0s) {
            return;
        }
        call& one = calls_.emplace_back(at / every % 2 == 0 ? deletes : renewals, now_ + 5min);
        ++(one.agent == deletes ? result_.deletes : result_.renewals);
        if (!day_gate_.pass_by_reserve(now_)) {
            end_essential(one, false);
        } else if (minute_gate_.free_from() <= now_ && minute_gate_.pass(false, now_)) {
            end_essential(one, send());
        } else if (minute_gate_.enter(one, false, now_)) {
            end_essential(one, false);
        }
    }

    void end_essential(const call& one, bool served)
    {
        (one.agent == deletes ? result_.deletes_failed : result_.renewals_failed) += served ? 0 : 1;
    }

    const clock::time_point start_ = clock::time_point{} + 1h;
    clock::time_point now_ = start_;
    const std::shared_ptr<random_source> random_ = std::make_shared<random_source>(1);
    service service_;
    rate_gate_core day_gate_;
    rate_gate_core minute_gate_;
    std::deque<call> calls_;
    std::vector<unsigned> served_;
    outcome_of_day result_;
};

void print(const char* tier, shape which, bool paces, const outcome_of_day& came)
{
    std::cout << tier << ", " << to_string(which) << (paces ? ", paced: " : ", not paced: ") << came.served
              << " served, " << came.failed << " failed at once or in time, " << came.refused_before_last_minute
              << " refused by the service before the last minute; deletes " << came.deletes - came.deletes_failed << "/"
              << came.deletes << ", renewals " << came.renewals - came.renewals_failed << "/" << came.renewals
              << "; the last one served at " << came.last_served / 1h << ":" << came.last_served % 1h / 10min
              << came.last_served % 10min / 1min << "; Jain's index " << came.jain << "\n";
}

TEST(virtual_day, of_a_hundred_agents_meets_no_refusal_and_loses_no_delete)
{
    for (const auto& [tier, quota] : {std::pair{"pro", 2000U}, std::pair{"enterprise", 20'000U}}) {
        for (const shape which : {shape::steady, shape::working_hours, shape::bursts}) {
            for (const bool paces : {true, false}) {
                const outcome_of_day came = virtual_day{quota, 5, paces}.run(which);
                print(tier, which, paces, came);
                EXPECT_EQ(came.refused_before_last_minute, 0U);
                EXPECT_EQ(came.deletes_failed, 0U);
                EXPECT_EQ(came.renewals_failed, 0U);
                EXPECT_GE(came.served, quota * 6 / 10);
                // Of 19 requests for each agent on the average, chance alone makes 0.95.
                EXPECT_GE(came.jain, 0.9);
                EXPECT_TRUE(!paces || came.last_served > 22h) << "it did not last";
            }
        }
    }
}

} // namespace
} // namespace sipher::detail
