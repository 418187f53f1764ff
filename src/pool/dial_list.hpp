#pragma once

#include "pool/pool_entry.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace sipher::detail {

/// The dials in progress. Guarded by the pool's mutex.
class dial_list {
public:
    explicit dial_list(std::unique_ptr<connector> source) : source_(std::move(source)) {}

    /// Begins a dial. If it throws `std::bad_alloc`, nothing has begun.
    void begin(const std::shared_ptr<pool>& owner);
    /// Ends a dial, successful or not, and returns its entry as a list of one.
    [[nodiscard]] entry_list end(const pool_entry& dial, const connect_result& result) noexcept;
    /// Abandons and releases one dial, because its resources must not outlive the execution context; false if there is
    /// none.
    bool give_up_next() noexcept;

    /// The furthest phase that any dial has reached.
    [[nodiscard]] phase reached() const noexcept;
    /// What an expired wait was waiting for, in words; empty if out of memory.
    [[nodiscard]] std::string describe(phase reached, std::size_t waiters_ahead) const noexcept;

    /// To be called without the mutex, once there are no dials: after its return, no lookup result arrives.
    void close() noexcept { source_->abandon(); }

private:
    const std::unique_ptr<connector> source_;
    entry_list dials_;
    /// Reset when a connection is made.
    std::string last_failure_;
};

} // namespace sipher::detail
