#pragma once

#include "pool/pool_entry.hpp"
#include "pool/pool_waiting.hpp"
#include "runtime/random_source.hpp"

#include <sipher/client_stats.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace sipher::detail {

/// The connections that are there, and the count of those that have gone. The pool's mutex guards it.
class connection_list {
public:
    connection_list(std::chrono::milliseconds max_lifetime, std::shared_ptr<random_source> random)
        : max_lifetime_(max_lifetime), jitter_(std::move(random))
    {
    }

    /// @param made A list of one.
    pool_entry& adopt(entry_list& made, connect_result& result, clock::time_point now);
    /// Closes it here, with the mutex held, and tells of it afterwards.
    void close(pool_entry& entry, close_reason why, clock::time_point now, pool_aftermath& after) noexcept;
    /// Each comes in its turn, if it is asked for often enough; null if there is none.
    [[nodiscard]] std::shared_ptr<connection> next() noexcept;

    /// Of the connections made and closed.
    [[nodiscard]] const client_stats& counts() const noexcept { return counts_; }

private:
    const std::chrono::milliseconds max_lifetime_;
    const std::shared_ptr<random_source> jitter_;
    entry_list entries_;
    client_stats counts_;
};

} // namespace sipher::detail
