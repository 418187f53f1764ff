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
    switch (kind) {
    case operation_kind::create:
    case operation_kind::other_not_idempotent: return false;
    case operation_kind::read:
    case operation_kind::update:
    case operation_kind::remove:
    case operation_kind::other_idempotent: break;
    }
    return true;
}

/// One of the client's operations. There is no default for its kind: nobody is to get a wrong one by forgetting it.
struct operation {
    constexpr operation(const char* called, operation_kind of_kind, bool own = false, bool cleaning_up = false) noexcept
        : name(called), kind(of_kind), is_own(own), cleans_up(cleaning_up)
    {
    }

    /// A literal: what errors and events call it.
    const char* name;
    operation_kind kind;
    /// The library does it by itself: it goes before what is asked of the client, and may use what is kept in reserve.
    bool is_own;
    /// It goes on while the client shuts down.
    bool cleans_up;
};

} // namespace sipher::detail
