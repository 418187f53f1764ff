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

/// Entries move from list to list without needing memory.
using entry_list = std::list<std::shared_ptr<pool_entry>>;

/// A place in the pool: of a connection in the making first, then of the connection. The pool's mutex guards it.
class pool_entry final : public pooled, public connection_owner {
public:
    explicit pool_entry(std::weak_ptr<pool> owner) noexcept : owner_(std::move(owner)) {}

    void on_connected(connect_result result);
    void on_connection_closed(connection& closed, idle_end how) noexcept override;

    /// In the list that it is in.
    entry_list::iterator position;
    std::shared_ptr<pending_connect> pending;
    /// Nobody wants it any more, should it be made all the same.
    bool given_up = false;

    std::shared_ptr<connection> open_connection;
    clock::time_point opened;
    std::uint64_t requests = 0;
    /// Once it has ended: why, and how old it was.
    close_reason ended_because = close_reason::client_closed;
    std::chrono::nanoseconds age{};

private:
    const std::weak_ptr<pool> owner_;
};

} // namespace sipher::detail
