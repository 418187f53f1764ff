#pragma once

#include "pool/pool_entry.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sipher::detail {

/// What happened to a connection while leased, which decides how the lease ends.
struct lease_end {
    void operator()(pool_entry* entry) const noexcept;

    std::shared_ptr<pool> owner;
    bool used = false;
    bool has_response = false;
    bool reusable = false;
    // (No optional: GCC 12 warns about the value of an empty one when a lease is moved.)
    static constexpr std::chrono::seconds no_hint = std::chrono::seconds::min();
    std::chrono::seconds hint = no_hint;
};

/// The right to use a connection; ends on destruction. A connection that was used then closes, unless `keep` was
/// called.
class lease {
public:
    lease() noexcept = default;
    lease(std::shared_ptr<pool> owner, pool_entry& entry) noexcept : entry_(&entry, lease_end{std::move(owner)}) {}

    [[nodiscard]] explicit operator bool() const noexcept { return entry_ != nullptr; }
    [[nodiscard]] connection* operator->() const noexcept { return entry_->open_connection.get(); }
    /// The connection has carried a request before.
    [[nodiscard]] bool reused() const noexcept { return entry_->has_carried; }

    /// The connection is about to carry a request. A lease that ends before that returns the connection unchanged.
    void use() noexcept { entry_.get_deleter().used = true; }

    /// The exchange is complete; if the connection closes now, this is not a failure.
    void on_response() noexcept { entry_.get_deleter().has_response = true; }

    /// When the lease ends, the connection may carry another request; `hint` is the server's `Keep-Alive: timeout`.
    void keep(std::optional<std::chrono::seconds> hint) noexcept
    {
        entry_.get_deleter().has_response = true;
        entry_.get_deleter().reusable = true;
        entry_.get_deleter().hint = hint.value_or(lease_end::no_hint);
    }

    /// How long the connection had been idle before.
    [[nodiscard]] std::chrono::nanoseconds idle_before() const noexcept { return entry_->idle_before; }
    [[nodiscard]] clock::time_point last_used() const noexcept { return entry_->last_used; }

    /// Evicts connections that have been idle for as long.
    /// @param dead The connection had ended while idle, from which the idle limit is learned.
    void evict_connections_as_old_as(bool dead) noexcept;

private:
    std::unique_ptr<pool_entry, lease_end> entry_;
};

/// The result of waiting for a connection: a lease, or why there is none.
struct acquire_result {
    acquire_result() = default;
    explicit acquire_result(boost::system::error_code why_not, std::string words = {}) noexcept
        : code(why_not), message(std::move(words))
    {
    }

    lease granted;
    boost::system::error_code code;
    std::string message;
    phase reached = phase::waiting;
    bool permanent = false;
};

} // namespace sipher::detail
