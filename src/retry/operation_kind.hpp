// What repeating an operation can do.
#pragma once

namespace sipher::detail {

/// What repeating a request can do.
enum class operation_kind {
    /// Each one that arrives makes something new.
    create,
    /// It only reads.
    read,
    /// The last one that arrives wins.
    update,
    /// The second one finds nothing left to do.
    remove,
    /// Other endpoints, by their method (RFC 9110, 9.2.2).
    other_idempotent,
    other_not_idempotent,
};

/// Whether a second one does no more than the first.
[[nodiscard]] constexpr bool is_idempotent(operation_kind kind) noexcept
{
    return kind != operation_kind::create && kind != operation_kind::other_not_idempotent;
}

/// One of the client's operations.
struct operation {
    /// A literal: what errors and events call it.
    const char* name = "";
    operation_kind kind = operation_kind::read;
    /// The library does it by itself: it goes before what is asked of the client, and may use what is kept in reserve.
    bool is_own = false;
    /// It goes on while the client shuts down.
    bool cleans_up = false;
};

} // namespace sipher::detail
