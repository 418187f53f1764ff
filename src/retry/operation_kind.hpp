// The effect of repeating an operation.
#pragma once

namespace sipher::detail {

/// The effect of repeating a request.
enum class operation_kind {
    /// Each request creates something new.
    create,
    /// It only reads.
    read,
    /// The last request to arrive wins.
    update,
    /// A second request finds nothing left to do.
    remove,
    /// Other endpoints, by their method (RFC 9110, 9.2.2).
    other_idempotent,
    other_not_idempotent,
};

/// Whether a second request has no further effect.
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

/// Whether an operation is one of the library's own: the create of a live session, the delete that cleans up.
enum class made_for { user, library };

/// One of the client's operations. Its kind has no default, so that it cannot be forgotten.
struct operation {
    constexpr operation(const char* called, operation_kind of_kind, bool own = false, bool cleaning_up = false) noexcept
        : name(called), kind(of_kind), is_own(own), cleans_up(cleaning_up)
    {
    }

    /// A string literal: its name in errors and events.
    const char* name;
    operation_kind kind;
    /// The library's own: takes precedence over user calls, and may use the reserve.
    bool is_own;
    /// It may run while the client shuts down.
    bool cleans_up;
};

} // namespace sipher::detail
