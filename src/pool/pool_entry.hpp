#pragma once

#include "http1/connection.hpp"
#include "net/connector.hpp"
#include "pool/connection_schedule.hpp"

#include <sipher/observer.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <utility>

namespace sipher::detail {

class pool;
class pool_entry;

/// Entries move between lists without an allocation.
using entry_list = std::list<std::shared_ptr<pool_entry>>;

/// A slot in the pool: first of a dial, then of its connection. Guarded by the pool's mutex.
class pool_entry final : public pooled, public connection_owner {
public:
    explicit pool_entry(std::weak_ptr<pool> owner) noexcept : owner_(std::move(owner)) {}

    void on_connected(connect_result result);
    void on_connection_closed(connection& closed, idle_end how) noexcept override;

    /// Its position in the list that contains it.
    entry_list::iterator position;
    std::shared_ptr<pending_connect> pending;
    /// No longer wanted, even if the dial succeeds.
    bool given_up = false;

    std::shared_ptr<connection> open_connection;
    clock::time_point opened;
    std::uint64_t requests = 0;
    /// Set when it has ended: why, and at what age.
    close_reason ended_because = close_reason::client_closed;
    std::chrono::nanoseconds age{};

private:
    const std::weak_ptr<pool> owner_;
};

} // namespace sipher::detail
