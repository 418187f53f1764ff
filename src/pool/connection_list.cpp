#include "pool/connection_list.hpp"

#include <sipher/error_code.hpp>

#include <algorithm>

namespace sipher::detail {

namespace {

void count(client_stats& counts, close_reason why)
{
    switch (why) {
    case close_reason::peer: ++counts.closed_by_peer; break;
    case close_reason::unsolicited: ++counts.closed_unsolicited; break;
    case close_reason::expired: ++counts.closed_expired; break;
    case close_reason::surplus: ++counts.closed_surplus; break;
    case close_reason::failed: ++counts.closed_failed; break;
    case close_reason::not_reusable: ++counts.closed_not_reusable; break;
    case close_reason::client_closed: break;
    }
}

} // namespace

pool_entry& connection_list::adopt(entry_list& made, connect_result& result, clock::time_point now)
{
    using std::chrono::nanoseconds;
    ++counts_.dialed;
    counts_.resumed += result.resumed ? 1 : 0;
    pool_entry& entry = *made.front();
    entry.pending.reset();
    entry.open_connection = std::move(result.made);
    entry.opened = now;
    if (max_lifetime_.count() != 0) {
        const auto spread = max_lifetime_ * (0.9 + 0.2 * jitter_->unit());
        entry.dies_at = now + std::chrono::duration_cast<nanoseconds>(spread);
    }
    entry.margin = std::max<nanoseconds>(entry.margin, 2 * result.round_trip);
    entry.open_connection->open(made.front());
    entries_.splice(entries_.end(), made);
    return entry;
}

void connection_list::close(pool_entry& entry, close_reason why, clock::time_point now, pool_aftermath& after) noexcept
{
    count(counts_, why);
    entry.ended_because = why;
    entry.age = now - entry.opened;
    entry.open_connection->close(errc::client_closed, false);
    after.notify_of_end(entries_, entry);
}

std::shared_ptr<connection> connection_list::next() noexcept
{
    if (entries_.empty()) {
        return nullptr;
    }
    entries_.splice(entries_.end(), entries_, entries_.begin());
    return entries_.back()->open_connection;
}

} // namespace sipher::detail
