#include "pool/connection_schedule.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <optional>
#include <random>
#include <sstream>
#include <string>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// How long the peer keeps an idle connection, what it says of that, and when something on the way forgets it without a
/// word.
struct keeping {
    const char* name;
    seconds kept;
    std::optional<seconds> hint;
    seconds forgotten = 24h;
};

struct wire : pooled {
    clock::time_point responded_at;
};

struct traffic_counts {
    unsigned calls = 0;
    /// Requests that may be repeated which a client that knows the peer would have sent on an idle connection, with the
    /// margin of a second and without it; and those that were.
    unsigned reusable = 0;
    unsigned reusable_without_margin = 0;
    unsigned reused = 0;
    unsigned creates = 0;
    unsigned creates_reused = 0;
    unsigned dials = 0;
    /// Met a dead connection: a request that could be repeated, and one that could not.
    unsigned replays = 0;
    unsigned ambiguous = 0;
    unsigned failed = 0;
};

/// An agent that calls now and then, one call after the other, and a peer at a distance, in virtual time.
class sparse_traffic {
public:
    explicit sparse_traffic(const keeping& peer) : peer_(peer) {}
    ~sparse_traffic() { core_.expire_all(gone_); }
    sparse_traffic(const sparse_traffic&) = delete;
    sparse_traffic& operator=(const sparse_traffic&) = delete;

    traffic_counts run(int calls)
    {
        counts_ = {};
        for (int i = 0; i < calls; ++i) {
            pass_until(time_.now + next_gap());
            call(random_() % 5 == 0);
        }
        return counts_;
    }

    /// The peer closes whatever is idle.
    void restart()
    {
        for (auto position = wires_.begin(); position != wires_.end();) {
            position = close_idle(position);
        }
    }

private:
    static constexpr nanoseconds one_way = 30ms;
    static constexpr nanoseconds margin = 1s;
    static constexpr nanoseconds ceiling = 5min;

    /// A quarter below 1 s, 44 % from 1 to 5 s, 31 % from 5 to 90 s, even within each.
    nanoseconds next_gap()
    {
        const auto kind = random_() % 100;
        const auto between = [this](microseconds from, microseconds to) {
            return from + microseconds{random_() % static_cast<unsigned>((to - from).count())};
        };
        return kind < 25 ? between(0s, 1s) : kind < 69 ? between(1s, 5s) : between(5s, 90s);
    }

    /// When the client hears that the peer has closed it.
    [[nodiscard]] clock::time_point end_of(const wire& each) const
    {
        return peer_.kept < peer_.forgotten ? each.responded_at + peer_.kept + one_way : clock::time_point::max();
    }

    void pass_until(clock::time_point when)
    {
        for (;;) {
            auto ending = wires_.end();
            for (auto each = wires_.begin(); each != wires_.end(); ++each) {
                ending = ending == wires_.end() || end_of(*each) < end_of(*ending) ? each : ending;
            }
            const clock::time_point end = ending == wires_.end() ? clock::time_point::max() : end_of(*ending);
            const clock::time_point due = core_.next_due();
            set(std::min({when, end, due}));
            if (end <= std::min(when, due)) {
                close_idle(ending);
            } else if (due <= when) {
                core_.expire_idle(time_, gone_);
                core_.release_idle_buffers(time_, [](const pooled&) {});
                forget_gone();
            } else {
                return;
            }
        }
    }

    void set(clock::time_point now)
    {
        time_.wall += duration_cast<clock::wall_time::duration>(now - clock::time_point{}) -
                      duration_cast<clock::wall_time::duration>(time_.now - clock::time_point{});
        time_.now = now;
    }

    std::list<wire>::iterator close_idle(std::list<wire>::iterator which)
    {
        EXPECT_TRUE(core_.forget_idle(*which));
        core_.learn_from_close(*which, time_);
        return wires_.erase(which);
    }

    void forget_gone()
    {
        while (!gone_.empty()) {
            const pooled& first = gone_.front();
            gone_.pop_front();
            wires_.remove_if([&first](const wire& each) { return &each == &first; });
        }
    }

    void call(bool careful)
    {
        ++counts_.calls;
        counts_.creates += careful ? 1 : 0;
        note_what_the_peer_allows(careful);
        for (int attempt = 0; attempt < 2; ++attempt) {
            wire& used = acquire(careful);
            if (!is_dead(used)) {
                (careful ? counts_.creates_reused : counts_.reused) += used.has_carried ? 1 : 0;
                respond(used);
                return;
            }
            ++(careful ? counts_.ambiguous : counts_.replays);
            bury(used);
            if (careful) {
                break;
            }
        }
        ++counts_.failed;
    }

    void note_what_the_peer_allows(bool careful)
    {
        const nanoseconds kept = std::min<nanoseconds>(peer_.kept, peer_.forgotten);
        const nanoseconds idle = time_.now - (latest_response_ + one_way);
        counts_.reusable += !careful && idle < std::min(ceiling, kept - margin) ? 1 : 0;
        counts_.reusable_without_margin += !careful && idle < std::min(ceiling, kept) ? 1 : 0;
    }

    wire& acquire(bool careful)
    {
        pooled* found = core_.take_idle(time_, careful, gone_);
        if (found == nullptr) {
            pool_waiter waiter{careful};
            EXPECT_TRUE(core_.enqueue(waiter));
            EXPECT_EQ(core_.begin_dials(gone_), 1U);
            found = &wires_.emplace_back();
            EXPECT_EQ(core_.dial_succeeded(*found, time_).waiter, &waiter);
            ++counts_.dials;
        }
        forget_gone();
        return static_cast<wire&>(*found);
    }

    /// When the request arrives.
    [[nodiscard]] bool is_dead(const wire& used) const
    {
        return used.has_carried && time_.now + one_way >= used.responded_at + std::min(peer_.kept, peer_.forgotten);
    }

    void respond(wire& used)
    {
        set(time_.now + 2 * one_way);
        latest_response_ = used.responded_at = time_.now - one_way;
        EXPECT_EQ(core_.give_back(used, true, peer_.hint, time_).what, connection_schedule::disposition::idle);
    }

    void bury(wire& used)
    {
        core_.evict_as_old_as(used, gone_);
        core_.learn_from_death(used);
        EXPECT_EQ(core_.give_back(used, false, {}, time_).what, connection_schedule::disposition::closed_not_reusable);
        gone_.push_back(used);
        forget_gone();
    }

    const keeping peer_;
    std::mt19937 random_{20261123};
    connection_schedule core_{pool_rules{8, 8, 8, ceiling}};
    pool_time time_{clock::time_point{} + 1h, clock::wall_time{} + 1h};
    clock::time_point latest_response_;
    std::list<wire> wires_;
    pooled_list gone_;
    traffic_counts counts_;
};

std::string describe(const traffic_counts& counts)
{
    std::ostringstream text;
    text << counts.reused << " of " << counts.reusable << " reused (" << counts.reusable_without_margin
         << " without the margin), " << counts.creates_reused << " of " << counts.creates << " creates, "
         << counts.dials << " dials, " << counts.replays << " replays, " << counts.ambiguous << " ambiguous, "
         << counts.calls << " calls";
    ::testing::Test::RecordProperty("figures", text.str());
    return text.str();
}

class sparse_traffic_test : public ::testing::TestWithParam<keeping> {};

/// Steady: after the first 200 calls, within which the limit is learned.
TEST_P(sparse_traffic_test, reuses_what_the_peer_allows)
{
    sparse_traffic agent{GetParam()};
    const traffic_counts learning = agent.run(200);
    EXPECT_EQ(learning.failed, 0U);
    const traffic_counts steady = agent.run(20'000);
    const std::string figures = describe(steady);
    EXPECT_GE(steady.reused * 100, steady.reusable * 99) << figures;
    EXPECT_EQ(steady.failed, 0U) << figures;
    EXPECT_EQ(steady.ambiguous, 0U) << figures;
    EXPECT_LE(steady.replays * 1000, steady.calls) << figures;
}

INSTANTIATE_TEST_SUITE_P(peers, sparse_traffic_test,
                         ::testing::Values(keeping{"5_s_hinted", 5s, 5s}, keeping{"5_s", 5s, {}},
                                           keeping{"75_s_hinted", 75s, 75s}, keeping{"75_s", 75s, {}},
                                           keeping{"400_s_hinted", 400s, 400s}, keeping{"400_s", 400s, {}}),
                         [](const auto& each) { return std::string{each.param.name}; });

class unreliable_path_test : public ::testing::TestWithParam<keeping> {};

/// Each replay is a call that waits for the attempt's timeout.
TEST_P(unreliable_path_test, is_learned_from_few_calls_and_never_from_a_create)
{
    sparse_traffic agent{GetParam()};
    const traffic_counts counts = agent.run(20'000);
    const std::string figures = describe(counts);
    EXPECT_EQ(counts.failed, 0U) << figures;
    EXPECT_EQ(counts.ambiguous, 0U) << figures;
    EXPECT_GE(counts.replays, 1U) << figures;
    EXPECT_LE(counts.replays * 500, counts.calls) << figures;
}

INSTANTIATE_TEST_SUITE_P(ways, unreliable_path_test,
                         ::testing::Values(keeping{"60_s_hinted", 400s, 400s, 60s}, keeping{"60_s", 400s, {}, 60s},
                                           keeping{"20_s_hinted", 400s, 400s, 20s}, keeping{"20_s", 400s, {}, 20s}),
                         [](const auto& each) { return std::string{each.param.name}; });

TEST(restarted_peer_test, is_learned_anew)
{
    sparse_traffic agent{keeping{"75_s", 75s, {}}};
    for (int i = 0; i < 20; ++i) {
        agent.restart();
        EXPECT_EQ(agent.run(200).failed, 0U);
        const traffic_counts steady = agent.run(200);
        const std::string figures = describe(steady);
        EXPECT_GE(steady.reused * 100, steady.reusable * 99) << figures;
        EXPECT_EQ(steady.ambiguous, 0U) << figures;
    }
}

} // namespace
} // namespace sipher::detail
