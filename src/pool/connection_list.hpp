#pragma once

#include "pool/pool_entry.hpp"
#include "pool/pool_waiting.hpp"
#include "runtime/random_source.hpp"

#include <sipher/client_stats.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace sipher::detail {

/// The existing connections, and statistics of closed ones. Guarded by the pool's mutex.
class connection_list {
public:
    connection_list(std::chrono::milliseconds max_lifetime, std::shared_ptr<random_source> random)
        : max_lifetime_(max_lifetime), jitter_(std::move(random))
    {
    }

    /// @param made A list of one.
    pool_entry& adopt(entry_list& made, connect_result& result, clock::time_point now);
    /// Closes it now, with the mutex held, and reports it in the aftermath.
    void close(pool_entry& entry, close_reason why, clock::time_point now, pool_aftermath& after) noexcept;
    /// Iterates cyclically: repeated calls return each connection in turn; null if there is none.
    [[nodiscard]] std::shared_ptr<connection> next() noexcept;

    /// Counts of connections made and closed.
    [[nodiscard]] const client_stats& counts() const noexcept { return counts_; }

private:
    const std::chrono::milliseconds max_lifetime_;
    const std::shared_ptr<random_source> jitter_;
    entry_list entries_;
    client_stats counts_;
};

} // namespace sipher::detail
