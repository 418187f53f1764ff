#pragma once

#include "pool/pool_entry.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace sipher::detail {

/// The connections in the making. The pool's mutex guards it.
class dial_list {
public:
    explicit dial_list(std::unique_ptr<connector> source) : source_(std::move(source)) {}

    /// Begins to make one. Throws `std::bad_alloc`, and then nothing has begun.
    void begin(const std::shared_ptr<pool>& owner);
    /// It has ended, one way or the other: its entry, as a list of one.
    [[nodiscard]] entry_list end(const pool_entry& dial, const connect_result& result) noexcept;
    /// Gives up one and lets go of it, as what it is made of may not outlive the execution context; false if there is
    /// none.
    bool give_up_next() noexcept;

    /// How far the furthest is.
    [[nodiscard]] phase reached() const noexcept;
    /// What a wait that ran out of time was for, in words; none if there is no memory for them.
    [[nodiscard]] std::string describe(phase reached, std::size_t waiters_ahead) const noexcept;

    /// To be called without the mutex, once there are none: when it returns, no name comes any more.
    void close() noexcept { source_->abandon(); }

private:
    const std::unique_ptr<connector> source_;
    entry_list dials_;
    /// Empty since a connection was made.
    std::string last_failure_;
};

} // namespace sipher::detail
