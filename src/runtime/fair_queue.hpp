#pragma once

#include <boost/intrusive/list.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <unordered_map>

namespace sipher::detail {

/// Urgency classes, the most urgent first. `own` is for the library's own calls.
enum class urgency : std::uint8_t { own, interactive, normal, background };

constexpr std::size_t urgencies = 4;

/// While all classes wait, the number served of each class for every one of `background`.
constexpr std::array<std::uint32_t, urgencies> urgency_weights{64, 16, 4, 1};

/// The place of a waiter in a queue.
struct queue_place {
    urgency how_urgent = urgency::normal;
    /// Flows are scheduled round-robin. 0: no flow given.
    std::uint64_t flow = 0;
};

struct fair_flow;

/// Base of waiters in a `fair_queue`.
class fair_queue_member : public boost::intrusive::list_base_hook<> {
public:
    explicit fair_queue_member(const queue_place& at = {}) noexcept : place(at) {}

    const queue_place place;
    [[nodiscard]] bool is_queued() const noexcept { return flow_ != nullptr; }

private:
    template <class>
    friend class fair_queue;

    fair_flow* flow_ = nullptr;
};

/// The members of one flow, in order of arrival.
struct fair_flow : boost::intrusive::list_base_hook<> {
    std::uint64_t key = 0;
    boost::intrusive::list<fair_queue_member> members;
};

/// Weighted fair queueing: decides which waiter is served next.
///
/// The urgency classes are served in proportion to their weights (stride scheduling), so that none starves: while it
/// has waiters, a class with weight w gets at least w of any 85 served. Within a class the flows are scheduled
/// round-robin, one member at a time, and a flow that joins (again) takes its turn after those present; within a flow,
/// first come, first served. Entering, leaving and serving take constant time. Each flow with a key needs memory;
/// without it, its members are treated as having no flow.
///
/// @tparam Member Derived from `fair_queue_member`. It must not be destroyed while it is queued.
template <class Member>
class fair_queue {
public:
    fair_queue() = default;
    fair_queue(const fair_queue&) = delete;
    fair_queue& operator=(const fair_queue&) = delete;

    void push_back(Member& entering) noexcept { enter(entering, false); }
    /// For a waiter that was served but could not use its turn.
    void push_front(Member& entering) noexcept { enter(entering, true); }

    /// Removes a waiter that gives up.
    void erase(Member& leaving) noexcept
    {
        share& all = share_of(leaving);
        fair_flow& flow = *leaving.flow_;
        remove(all, flow, leaving);
        if (flow.members.empty()) {
            forget(all, flow);
        }
    }

    /// Removes a served waiter: the first, or the first eligible one.
    void serve(Member& next) noexcept
    {
        share& all = share_of(next);
        fair_flow& flow = *next.flow_;
        time_ = all.next_at;
        all.next_at += strides[index(next)];
        remove(all, flow, next);
        if (flow.members.empty()) {
            forget(all, flow);
        } else {
            all.turns.splice(all.turns.end(), all.turns, all.turns.iterator_to(flow));
        }
    }

    /// The next waiter to serve; null if the queue is empty.
    [[nodiscard]] Member* front() noexcept
    {
        return first_of([](const Member&) { return true; });
    }

    /// The first waiter for which `may` is true. `may` must be the same for all members of a flow.
    template <class Condition>
    [[nodiscard]] Member* first_of(Condition may) noexcept
    {
        Member* first = nullptr;
        std::uint64_t first_at = 0;
        for (share& all : shares_) {
            if (all.turns.empty() || (first != nullptr && all.next_at >= first_at)) {
                continue;
            }
            for (fair_flow& flow : all.turns) {
                auto& candidate = static_cast<Member&>(flow.members.front());
                if (may(candidate)) {
                    first = &candidate;
                    first_at = all.next_at;
                    break;
                }
            }
        }
        return first;
    }

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Number of waiters ahead of one that enters now, as an estimate: more if more urgent ones arrive, fewer if some
    /// give up.
    [[nodiscard]] std::size_t ahead_of_next(const queue_place& place) const noexcept
    {
        const share& all = shares_[static_cast<std::size_t>(place.how_urgent)];
        const auto found = all.flows.find(place.flow);
        const std::size_t depth = place.flow == 0            ? all.nameless.members.size()
                                  : found == all.flows.end() ? 0
                                                             : found->second.members.size();
        return with_other_shares(place.how_urgent, depth == 0 ? all.turns.size() : all.ahead_at(depth));
    }

    /// The same for a queued waiter; takes time linear in the number ahead.
    [[nodiscard]] std::size_t ahead_of(const Member& waiting) const noexcept
    {
        const share& all = shares_[index(waiting)];
        const fair_flow& flow = *waiting.flow_;
        std::size_t depth = 0;
        for (auto each = flow.members.begin(); &*each != &waiting; ++each) {
            ++depth;
        }
        std::size_t before = 0;
        for (auto each = all.turns.begin(); depth == 0 && &*each != &flow; ++each) {
            ++before;
        }
        return with_other_shares(waiting.place.how_urgent, depth == 0 ? before : all.ahead_at(depth));
    }

    /// Calls `visit(member, ahead)` for every waiter, each flow in order; `visit` may erase the member.
    template <class Visitor>
    void for_each(Visitor visit)
    {
        for (std::size_t which = 0; which < urgencies; ++which) {
            share& all = shares_[which];
            const auto depths = all.depths;
            std::size_t position = 0;
            for (auto turn = all.turns.begin(); turn != all.turns.end(); ++position) {
                fair_flow& flow = *turn++;
                std::size_t depth = 0;
                std::size_t ahead = position;
                // The flow is erased with its last member.
                const auto end = flow.members.end();
                for (auto each = flow.members.begin(); each != end; ++depth) {
                    auto& member = static_cast<Member&>(*each++);
                    visit(member, with_other_shares(static_cast<urgency>(which), ahead));
                    ahead = (depth == 0 ? 0 : ahead) + (depth < depths.size() ? depths[depth] : 1);
                }
            }
        }
    }

private:
    /// The reciprocals of the weights.
    static constexpr std::array<std::uint64_t, urgencies> strides{1, 4, 16, 64};

    /// The waiters of one urgency class.
    struct share {
        [[nodiscard]] std::size_t ahead_at(std::size_t depth) const noexcept
        {
            std::size_t sum = depth - std::min(depth, depths.size());
            for (std::size_t i = 0; i < std::min(depth, depths.size()); ++i) {
                sum += depths[i];
            }
            return sum;
        }

        boost::intrusive::list<fair_flow> turns;
        std::unordered_map<std::uint64_t, fair_flow> flows;
        fair_flow nameless;
        std::size_t size = 0;
        /// `depths[i]` is the number of flows with more than `i` members. Members beyond the array count for their own
        /// flow only.
        std::array<std::uint32_t, 256> depths{};
        /// When it is served next, in the virtual time of `serve`.
        std::uint64_t next_at = 0;
    };

    [[nodiscard]] static std::size_t index(const Member& member) noexcept
    {
        return static_cast<std::size_t>(member.place.how_urgent);
    }
    [[nodiscard]] share& share_of(const Member& member) noexcept { return shares_[index(member)]; }

    [[nodiscard]] static fair_flow& find(share& all, std::uint64_t key) noexcept
    {
        if (key == 0) {
            return all.nameless;
        }
        try {
            fair_flow& found = all.flows.try_emplace(key).first->second;
            found.key = key;
            return found;
        } catch (const std::bad_alloc&) {
            return all.nameless;
        }
    }

    void enter(Member& entering, bool at_front) noexcept
    {
        share& all = share_of(entering);
        if (all.size == 0) {
            // A class that joins (again) must not catch up on the time when it had no waiters.
            all.next_at = std::max(all.next_at, time_);
        }
        fair_flow& flow = find(all, entering.place.flow);
        if (!flow.members.empty() && at_front) {
            all.turns.erase(all.turns.iterator_to(flow));
        }
        if (flow.members.empty() || at_front) {
            all.turns.insert(at_front ? all.turns.begin() : all.turns.end(), flow);
        }
        if (const std::size_t depth = flow.members.size(); depth < all.depths.size()) {
            ++all.depths[depth];
        }
        flow.members.insert(at_front ? flow.members.begin() : flow.members.end(), entering);
        entering.flow_ = &flow;
        ++all.size;
        ++size_;
    }

    void remove(share& all, fair_flow& flow, Member& leaving) noexcept
    {
        flow.members.erase(flow.members.iterator_to(leaving));
        leaving.flow_ = nullptr;
        if (const std::size_t depth = flow.members.size(); depth < all.depths.size()) {
            --all.depths[depth];
        }
        --all.size;
        --size_;
    }

    static void forget(share& all, fair_flow& flow) noexcept
    {
        all.turns.erase(all.turns.iterator_to(flow));
        if (flow.key != 0) {
            all.flows.erase(flow.key);
        }
    }

    [[nodiscard]] std::size_t with_other_shares(urgency mine, std::size_t ahead) const noexcept
    {
        std::size_t sum = ahead;
        for (std::size_t other = 0; other < urgencies; ++other) {
            if (other != static_cast<std::size_t>(mine)) {
                const std::size_t in_the_meantime =
                    ahead * urgency_weights[other] / urgency_weights[static_cast<std::size_t>(mine)];
                sum += std::min(shares_[other].size, in_the_meantime);
            }
        }
        return sum;
    }

    std::array<share, urgencies> shares_;
    std::size_t size_ = 0;
    std::uint64_t time_ = 0;
};

} // namespace sipher::detail
